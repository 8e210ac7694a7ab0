"""The reference: every public name is described whole, and its examples give what they say."""

import doctest
import inspect
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

import negsamp
import negsamp.dask

ROOT = Path(__file__).parents[1]
NAMES = [*negsamp.__all__, *(f"dask.{name}" for name in negsamp.dask.__all__)]
PAGE = (ROOT / "docs" / "_templates" / "autosummary" / "class.rst").read_text("utf-8")
INTERNAL = re.search(r'internal = "(.*)"', PAGE)[1].split()  # public to other modules only
MADE = ("Diagnosis", "NotFittedError", "Stability", "TrainingInterrupted")  # by the library alone
# What numpydoc's validation asks for: docs of all parameters and returns, in its order and form.
CHECKS = {
    *("GL01", "GL02", "GL03", "GL05", "GL06", "GL07", "GL08", "GL10"),
    *("SS01", "SS02", "SS03", "SS04", "SS06"),
    *("PR01", "PR02", "PR05", "PR06", "PR07", "PR08", "PR10"),
    *("RT01", "RT03", "RT04", "RT05", "YD01"),
}


def object_of(name):
    found = negsamp
    for part in name.split("."):
        found = getattr(found, part)
    return found


def members_of(kind):
    """Public methods of a class that are this library's, by name; docs of others are its own."""
    for name in dir(kind):
        member = inspect.getattr_static(kind, name)
        home = next(base for base in kind.__mro__ if name in vars(base))
        is_method = inspect.isroutine(member) and callable(getattr(kind, name, None))
        if (
            is_method
            and not name.startswith("_")
            and name not in INTERNAL
            and home.__module__.startswith("negsamp.")
        ):
            yield name


def described(name):
    """A public name and, of a class, what its page describes."""
    yield name
    if inspect.isclass(object_of(name)):
        yield from (f"{name}.{member}" for member in members_of(object_of(name)))


DESCRIBED = [part for name in NAMES for part in described(name)]


def examples_of(name):
    return doctest.DocTestParser().get_examples(inspect.getdoc(object_of(name)) or "")


def run_examples(name, namespace):
    """Run the examples of a docstring; what is defined afterwards."""
    test = doctest.DocTest(examples_of(name), namespace, name, None, None, None)
    runner, said = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS), []
    runner.run(test, out=said.append, clear_globs=False)
    if said:
        pytest.fail("".join(said), pytrace=False)
    return test.globs


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # as short as scripts are
@pytest.mark.parametrize("name", NAMES)
def test_examples_give_what_they_say(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, *methods = described(name)
    for method in methods or [first]:
        namespace = {"np": np, "__name__": "__main__"}
        if methods:  # the examples of a method go on from that of its class
            namespace = run_examples(first, namespace)
        run_examples(method, namespace)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_stands_in_an_example(name):
    first, *methods = described(name)
    code = "\n".join(example.source for part in described(name) for example in examples_of(part))
    assert re.search(rf"\b{first.rpartition('.')[2]}\b", code)
    if first == "Objective":  # the library calls these
        methods = ["loss", "score_gradients"]
    missing = [part for part in methods if not re.search(rf"\.{part.split('.')[-1]}\b", code)]
    assert missing == []


def test_the_reference_has_every_name():
    pages = (ROOT / "docs" / "api" / name for name in ("index.rst", "dask.rst"))
    listed = [re.findall(r"^   (\w+)$", page.read_text("utf-8"), re.MULTILINE) for page in pages]
    assert sorted(set(listed[0]) - {"dask"}) == sorted(negsamp.__all__)
    assert sorted(listed[1]) == sorted(negsamp.dask.__all__)


USES = re.compile(r"from (negsamp[\w.]*) import (\([^)]*\)|[^\n#`]+)|\b(negsamp(?:\.\w+)+)")


def uses_of(text):
    """The dotted names of this library that a page or a script imports or names."""
    for module, names, dotted in USES.findall(text):
        words = [name.split()[0] for name in names.strip("()").split(",") if name.strip()]
        yield from [f"{module}.{word}" for word in words] if module else [dotted]


def test_pages_and_examples_use_promised_names_only():
    index = (ROOT / "docs" / "api" / "index.rst").read_text("utf-8")
    modules = re.search(r"promise, but for (.*?)\.\n", index, re.DOTALL)[1]
    modules = re.findall(r"negsamp\.[\w.]*\w", modules)
    assert modules == ["negsamp.dask", "negsamp.core.reference"]
    promised = re.compile("|".join([*modules, *(rf"negsamp\.{name}" for name in negsamp.__all__)]))
    pages = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("docs/api/*.rst")]
    for page in [*pages, *ROOT.glob("examples/**/*.py")]:
        uses = [*uses_of(page.read_text("utf-8"))]
        assert [use for use in uses if not re.match(rf"({promised.pattern})\b", use)] == [], page
    assert [*uses_of("from negsamp import (\n    A,\n    b as c,\n)\nimport negsamp.d.e")] == [
        "negsamp.A",
        "negsamp.b",
        "negsamp.d.e",
    ]


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_docstring_is_whole(name):
    validate = pytest.importorskip("numpydoc.validate").validate
    checks = CHECKS - {"PR01"} if name in MADE else CHECKS
    errors = validate(f"negsamp.{name}")["errors"]
    assert [error for error in errors if error[0] in checks] == []


@pytest.mark.parametrize("name", DESCRIBED)
def test_an_initial_does_not_begin_a_list(name):
    """reStructuredText takes a line of its own that begins with "A. " for an item of a list."""
    lines = [*inspect.getdoc(object_of(name)).split("\n"), ""]
    items = [
        line
        for line, after in itertools.pairwise(lines)
        if re.match(r" *(\.\. \[\d\] )?[A-Z]\.( |$)", line) and not re.match(r" *[^ .]", after)
    ]
    assert items == []
