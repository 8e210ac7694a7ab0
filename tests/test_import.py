"""What ``import negsamp`` and the help load: nothing that takes time."""

import ast
import inspect
import subprocess
import sys

import pytest

import negsamp


def test_every_public_name_is_found_in_its_module():
    for name in negsamp.__all__:
        assert getattr(negsamp, name).__module__.startswith("negsamp.")
    assert set(negsamp.__all__) <= set(dir(negsamp))
    with pytest.raises(AttributeError, match="module 'negsamp' has no attribute 'word2vek'"):
        _ = negsamp.word2vek


def test_type_checkers_see_the_same_names_in_the_same_modules():
    tree = ast.parse(inspect.getsource(negsamp))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in checked.body for alias in node.names}
    assert seen == {name: f"negsamp.{module}" for name, module in negsamp._PLACES.items()}
    assert sorted(seen) == sorted(negsamp.__all__)


@pytest.mark.parametrize(
    "line",
    ["import negsamp", "from negsamp.cli import main; main(['--version'])", "import negsamp.cli"],
)
def test_what_is_not_used_is_not_imported(line):
    script = (
        f"import sys\ntry: {line}\nexcept SystemExit: pass\n"
        "found = [n for n in ('scipy', 'tqdm', 'negsamp.training', 'negsamp.vectors') "
        "if n in sys.modules]\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
