"""How Sphinx builds these pages: ``python -m sphinx -W docs docs/_build``."""

import contextlib
import io
import os
import re
import sys
import tomllib
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.util.nodes import make_refnode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
os.environ["PYTHONPATH"] = str(ROOT / "src")  # for worker processes

from negsamp import __version__, cli  # noqa: E402

project = "negsamp"
author = "The negsamp developers"
copyright = author
release = __version__
version = ".".join(release.split(".")[:2])
# the address of the repository, as in the README of the wheel, see hatch_build.py
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REPOSITORY = PROJECT.get("urls", {}).get("Repository")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "sg_execution_times.rst", "gallery/sg_execution_times.rst"]
templates_path = ["_templates"]
nitpicky = True
# In docstrings `name` stands for a parameter as often as for an object. What is not qualified may
# be a parameter; a qualified name must be found.
default_role = "py:obj"
nitpick_ignore_regex = [
    ("py:obj", r"\w+"),
    (
        "py:(obj|class|exc|meth|attr)",
        r"(numpy|np|scipy|bytes|pathlib|sklearn|dask|glob|gensim)\..*",
    ),
]

autosummary_generate = True
autodoc_typehints = "none"
highlight_language = "none"  # formulas stand as text
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # a page may skip a level
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

linkcheck_anchors = False
linkcheck_timeout = 20

html_theme = "pydata_sphinx_theme"
html_title = f"negsamp {release}"
html_static_path = ["_static"]
html_css_files = ["negsamp.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    **({"github_url": REPOSITORY} if REPOSITORY else {}),
    "logo": {"text": "negsamp"},
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_nav_level": 1,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "start": []}

sphinx_gallery_conf = {
    "examples_dirs": str(ROOT / "examples" / "gallery"),
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "abort_on_example_error": True,
    "doc_module": ("negsamp",),
    "backreferences_dir": "api/examples",
    "remove_config_comments": True,
}


class Help(Directive):
    """What a command of the command line says of itself."""

    required_arguments = 1

    def run(self):
        os.environ["COLUMNS"] = "88"
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            cli.main([self.arguments[0], "--help"])
        text = said.getvalue()
        return [nodes.literal_block(text, text, language="text")]


BESIDE = re.compile(r"\[([^\]]*)\]\((?:\.\./)?((?:benchmarks|examples|src|tests)/[^)]*)\)")


def from_here(text):
    """Links as they work on GitHub, to pages of docs/ and to files beside it, as they work here."""
    text = text.replace("](docs/", "](")
    return BESIDE.sub(rf"[\1]({REPOSITORY}/blob/main/\2)" if REPOSITORY else r"\1", text)


def change_source(app, docname, source):
    source[0] = from_here(source[0])


def change_included(app, path, parent, content):
    content[0] = from_here(content[0])


def from_the_top(app, env, node, contnode):
    """Names of `negsamp` in `negsamp.dask`, and of Python's own, which are not looked for."""
    names = app.env.get_domain("py").objects
    if node.get("reftarget") and (entry := names.get(f"negsamp.{node['reftarget']}")):
        return make_refnode(
            app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, node["reftarget"]
        )
    return None


def setup(app):
    app.add_directive("negsamp-help", Help)
    app.connect("source-read", change_source)
    app.connect("include-read", change_included)
    app.connect("missing-reference", from_the_top)
