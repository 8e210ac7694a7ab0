"""The table of layers: a module imports only modules of lower layers, never its own."""

import ast
from pathlib import Path

import pytest

import negsamp

LAYERS = {
    0: {
        "arrayfile",
        "corpus",
        "cosines",
        "datasets",
        "decimals",
        "estimator",
        "huffman",
        "interrupts",
        "labels",
        "objectives",
        "plotting",
        "sampling",
        "strictjson",
        "team",
        "tokens",
        "updates",
        "usage",
        "wordtable",
    },
    1: {"blockshape", "folder", "parameters", "probability", "stream", "wholefile", "wordfile"},
    2: {
        "bigrams",
        "holdout",
        "limits",
        "pairs",
        "projection",
        "record",
        "state",
        "storage",
        "terms",
        "vocabulary",
        "walks",
    },
    3: {
        "checkpoint",
        "corpuscache",
        "documents",
        "exact_kernels",
        "kernel",
        "pair_kernel",
        "pairdata",
        "phrasing",
        "queries",
        "reference",
        "vectorfolder",
    },
    4: {"likelihood", "pairtraining", "phrasefile", "training", "vectors"},
    5: {"evaluation", "explore", "footprint", "trial", "vectorfile", "warmstart"},
    6: {"fitting", "vectorwriting"},
    7: {"diagnosis", "packed", "textrows"},
    8: {"formats", "word2vec"},
    9: {"agreement", "options", "phrases"},
    10: {"commands"},
    11: {"cli"},
}
LAYER_OF = {module: layer for layer, modules in LAYERS.items() for module in modules}
MAY_IMPORT_ALL = {"__init__", "__main__"}
MAY_IMPORT_THE_PACKAGE = {"fitting", "cli"}  # for its version
# The two ways to take a step check each other, so the fast one is written without the other's.
FORBIDDEN = {
    (kernel, other)
    for kernel in ("kernel", "exact_kernels", "pair_kernel")
    for other in ("objectives", "reference")
}


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


def violations(root):
    """What breaks the table in a package that lies in a folder called negsamp."""
    found = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        file, module = ".".join(parts[1:]), parts[1]
        if module in MAY_IMPORT_ALL:
            continue
        if module not in LAYER_OF:
            found.append(f"{file} has no layer")
            continue
        for name in imports_of(path, parts[:-1]):
            top, *rest = name.split(".")
            target = rest[0] if rest else ""
            if top != root.name:
                continue
            if target == module:
                if parts[2:] != ("__init__",):
                    found.append(f"{file} imports {module} itself")
            elif target not in LAYER_OF:
                if module not in MAY_IMPORT_THE_PACKAGE or target not in ("", "__version__"):
                    found.append(f"{file} imports {name}, which has no layer")
            elif LAYER_OF[target] >= LAYER_OF[module]:
                found.append(f"{file} imports {target} of layer {LAYER_OF[target]}")
            elif (module, target) in FORBIDDEN:
                found.append(f"{file} imports {target}, which it shall check")
    return found


def test_layers_are_kept():
    assert violations(Path(negsamp.__file__).parent) == []


def test_layers_hold_each_module_once():
    assert sum(map(len, LAYERS.values())) == len(LAYER_OF)


@pytest.fixture
def package(tmp_path):
    def package(files):
        for name, text in files.items():
            path = tmp_path / "negsamp" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "negsamp"

    return package


@pytest.mark.parametrize(
    "files",
    [
        {"pairs": "import numpy\nfrom negsamp.corpus import CorpusError\nimport negsamp.sampling"},
        {"cli": "from negsamp import word2vec, evaluation\nfrom negsamp import __version__"},
        {"fitting": "import negsamp\nfrom . import training\nprint(negsamp.__version__)"},
        {"__init__": "from negsamp.word2vec import Word2Vec", "__main__": "import negsamp.cli"},
        {
            "objectives/__init__": "from negsamp.objectives import sgns\nfrom . import nce",
            "objectives/sgns": "from scipy.special import expit",
        },
        {"kernel": "import negsampling, corpus"},
    ],
)
def test_layers_allow(package, files):
    assert violations(package(files)) == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"utils": ""}, "utils has no layer"),
        ({"config": "import numpy"}, "config has no layer"),
        ({"helpers/text": ""}, "helpers.text has no layer"),
        ({"pairs": "from negsamp.vocabulary import x"}, "pairs imports vocabulary of layer 2"),
        ({"pairs": "from negsamp import vocabulary"}, "pairs imports vocabulary of layer 2"),
        ({"pairs": "import negsamp.vocabulary as v"}, "pairs imports vocabulary of layer 2"),
        ({"pairs": "from . import vocabulary"}, "pairs imports vocabulary of layer 2"),
        ({"pairs": "from .vocabulary import x"}, "pairs imports vocabulary of layer 2"),
        ({"pairs": "def f():\n    import negsamp.cli"}, "pairs imports cli of layer 11"),
        ({"pairs": "import negsamp"}, "pairs imports negsamp, which has no layer"),
        ({"pairs": "from negsamp import Word2Vec"}, "pairs imports negsamp.Word2Vec, which has no"),
        ({"fitting": "from negsamp import KeyedVectors"}, "fitting imports negsamp.KeyedVectors"),
        (
            {"fitting": "import negsamp\nnegsamp.phrases.Phrases()"},
            "fitting imports phrases of layer 9",
        ),
        ({"kernel": "from negsamp.objectives import sgns"}, "kernel imports objectives, which it"),
        ({"kernel": "from negsamp.reference import step"}, "kernel imports reference of layer 3"),
        (
            {"corpus": "from negsamp.helpers import x"},
            "corpus imports negsamp.helpers.x, which has",
        ),
        (
            {"objectives/nce": "from negsamp.objectives import sgns"},
            "objectives.nce imports objectives itself",
        ),
        ({"objectives/nce": "from . import sgns"}, "objectives.nce imports objectives itself"),
        ({"objectives/nce": "from ..pairs import Block"}, "objectives.nce imports pairs of"),
    ],
)
def test_layers_refuse(package, files, message):
    [found] = violations(package(files))
    assert found.startswith(message)
