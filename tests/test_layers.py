"""The rooms: a package imports packages of lower layers only, and has no circle inside."""

import ast
import graphlib
from pathlib import Path

import pytest

import negsamp

# A room may import rooms of lower layers; CONTRIBUTING.md has the same table in words.
LAYERS = {
    "checks": 0,
    "errors": 0,
    "version": 0,
    "core": 1,
    "files": 1,
    "corpus": 2,
    "vectors": 2,
    "training": 3,
    "pictures": 3,
    "word2vec": 4,
    "cli": 5,
    "dask": 5,
}
TOP = {"__init__", "__main__"}  # may import any room
# The two ways to take a step check each other, so neither is written with the other's help.
APART = ("core.reference", "core.kernels")


def modules_of(root):
    """Each module of the package in a folder, by its dotted name below the package."""
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        yield name, path


def imports_of(path, package):
    """Dotted names that a file imports, in a function too, or takes from the package itself."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*parent, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == package[0]:
                yield f"{node.value.id}.{node.attr}"


def graph_of(root):
    """The modules that each module imports; what is no module counts as its package."""
    modules = dict(modules_of(root))
    graph = {}
    for name, path in modules.items():
        package = (root.name, *path.relative_to(root).parts[:-1])
        found = set()
        for imported in imports_of(path, package):
            top, _, target = imported.partition(".")
            if top != root.name:
                continue
            while target and target not in modules:
                target = target.rpartition(".")[0]
            found.add(target or "__init__")
        graph[name] = found - {name}
    return graph


def violations(root):
    """What breaks the table in a package that lies in a folder called negsamp."""
    graph, found = graph_of(root), []
    for name, targets in graph.items():
        room = name.partition(".")[0]
        if room in TOP:
            continue
        if room not in LAYERS:
            found.append(f"{name} is in no room")
            continue
        for target in sorted(targets):
            other = target.partition(".")[0]
            if other == room:
                continue
            if LAYERS.get(other, 99) >= LAYERS[room]:
                found.append(f"{name} imports {target}, which is not below it")
        for one, two in (APART, APART[::-1]):
            if name.startswith(one) and any(target.startswith(two) for target in targets):
                found.append(f"{name} imports {two}, which it shall check")
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        found.append("a circle: " + " → ".join(error.args[1]))
    return found


def test_rooms_are_kept():
    assert violations(Path(negsamp.__file__).parent) == []


def test_packages_say_what_they_are_for():
    root = Path(negsamp.__file__).parent
    names = {path.name for path in root.iterdir()} - {"__pycache__"}
    assert len(names) < 16  # a newcomer sees about ten
    for package in root.rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(package.read_text("utf-8"))), package


@pytest.fixture
def package(tmp_path):
    def package(files):
        for name, text in files.items():
            path = tmp_path / "negsamp" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            if path.parent.name != "negsamp":
                (path.parent / "__init__.py").touch()
        return tmp_path / "negsamp"

    return package


@pytest.mark.parametrize(
    "files",
    [
        {"core/a": "import numpy\nfrom negsamp.errors import CorpusError", "errors": ""},
        {"cli/a": "from negsamp.word2vec import model", "word2vec/model": ""},
        {"corpus/a": "from . import b", "corpus/b": "from negsamp.core import c", "core/c": ""},
        {"__init__": "from negsamp.word2vec import Word2Vec", "word2vec/a": ""},
        {"core/a": "import negsampling, corpus"},
    ],
)
def test_layers_allow(package, files):
    assert violations(package(files)) == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"utils": ""}, "utils is in no room"),
        ({"core/a": "from negsamp.corpus import x"}, "core.a imports corpus, which is not below"),
        ({"core/a": "from negsamp import corpus"}, "core.a imports corpus, which is not below"),
        ({"core/a": "from ..corpus import x"}, "core.a imports corpus, which is not below"),
        ({"core/a": "def f():\n    import negsamp.corpus"}, "core.a imports corpus, which is not"),
        ({"core/a": "from negsamp import Word2Vec"}, "core.a imports __init__, which is not below"),
        ({"core/a": "import negsamp\nnegsamp.corpus.b()"}, "core.a imports __init__, which is not"),
        (
            {"core/kernels/a": "from negsamp.core import reference", "core/reference": ""},
            "core.kernels.a imports core.reference, which it shall check",
        ),
        (
            {"core/reference": "from negsamp.core.kernels import a", "core/kernels/a": ""},
            "core.reference imports core.kernels, which it shall check",
        ),
        ({"core/a": "from . import b", "core/b": "from .a import x"}, "a circle: core.a"),
    ],
)
def test_layers_refuse(package, files, message):
    root = package(files)
    for room in ("corpus", "core"):
        (root / room).mkdir(exist_ok=True)
        (root / room / "__init__.py").touch()
    (root / "__init__.py").touch()
    assert violations(root)[0].startswith(message)
