"""What package indexes show of the README, and what is cited."""

import importlib.util
import re
import tomllib
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


def test_pages_link_to_the_project_only_where_it_has_an_address():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.*"), *ROOT.glob("docs/api/*.rst")]
    pages += [*ROOT.glob("src/**/*.py"), *ROOT.glob("examples/**/*.py"), ROOT / "CITATION.cff"]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    links = [link for link in re.findall(r"https?://[^\s)>\"'`]+", text) if "negsamp" in link]
    assert [
        link for link in links if not link.startswith(tuple(project.get("urls", {}).values()))
    ] == []
