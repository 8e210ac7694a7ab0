"""What package indexes show of the README, and what is cited."""

import importlib.util
import re
from pathlib import Path

import pytest

from negsamp import __version__

ROOT = Path(__file__).parents[1]


@pytest.fixture
def readme():
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.readme


@pytest.mark.parametrize("repository", [None, "https://example.org/negsamp"])
def test_readme_of_an_index_has_no_links_that_lead_nowhere(readme, repository):
    shown = readme((ROOT / "README.md").read_text("utf-8"), repository)
    assert "<!--" not in shown
    targets = re.findall(r"\]\(([^)]+)\)", shown)
    assert all(re.match(r"https?://|#", target) for target in targets)
    assert (f"({repository}/raw/main/docs/figures/frontier.png)" in shown) == bool(repository)


def test_citation_has_the_version():
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
