"""The code in the documentation runs.

Every ``python`` block of README.md, CONTRIBUTING.md and docs/*.md is executed, those of a file in
their order and in one namespace, in a folder of its own without a network. Where blocks read a
text, its name is in `TEXTS` and a small one lies there. Every ``negsamp`` command of a ``bash``
block must be one that the command line takes, and is run where the files that it names are there.
What cannot be run is marked ``text``.
"""

import contextlib
import gzip
import io
import re
import shlex
import socket
import textwrap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from negsamp import cli
from negsamp.cli.usage import UsageError

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# Blocks of other languages are not run; one without a language would say nothing of that.
LANGUAGES = {"python", "bash", "text", "json", "toml"}
# Texts that blocks read. They hold the words that blocks ask for, among others.
TEXTS = ("corpus.txt", "corpus.txt.gz", "large.txt.gz", "text.txt")
WORDS = "king queen man woman crown paris france london seven three dog cat".split()
FENCE = re.compile(r"^( *)(`{3,})([^`\s]*)[^`]*$")
FAILED = pytest.fail.Exception
NEGSAMP = re.compile(r"(?:\S*/)?(?:negsamp|python3? -m negsamp)(?= |$)")


class Code(NamedTuple):
    """A fenced block: its language, its lines, and the number of the first of them."""

    language: str
    lines: list[str]
    line: int


def blocks_of(path):
    """Fenced blocks of a Markdown file."""
    found, begin = [], None
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if begin is None and fence:
            begin = number, fence
        elif begin and fence and fence[2] == begin[1][2] and not fence[3]:
            code = textwrap.dedent("\n".join(lines[begin[0] : number - 1])).split("\n")
            found.append(Code(begin[1][3], code, begin[0] + 1))
            begin = None
    assert begin is None, f"{path.name}:{begin[0]}: a block that does not end"
    return found


def commands_of(block):
    """``negsamp`` commands of a ``bash`` block: the line of each and its arguments."""
    text = "\n".join(block.lines)
    for whole in re.finditer(r"(?:[^\\\n]|\\\n|\\.)+", text):  # a line may go on after a backslash
        line = block.line + text[: whole.start()].count("\n")
        for part in re.split(r"&&|\|\|?|;", whole[0].replace("\\\n", " ")):
            command = NEGSAMP.match(part.strip())
            if command:
                arguments = shlex.split(part.strip()[command.end() :], comments=True)
                yield line, arguments[: arguments.index(">")] if ">" in arguments else arguments


def check_command(path, line, arguments):
    """What argparse makes of a command; None after ``--help`` and ``--version``."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return cli._parser().parse_args(arguments)
    except UsageError as error:
        pytest.fail(f"{path.name}:{line}: negsamp {shlex.join(arguments)}: {error}", pytrace=False)
    except SystemExit:
        return None


def run_block(path, block, namespace):
    """Execute a ``python`` block; a traceback names the document and its line."""
    source = "\n" * (block.line - 1) + "\n".join(block.lines)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, str(path), "exec"), namespace)


def run_commands(path, block):
    """Run the commands whose inputs are there."""
    for line, arguments in commands_of(block):
        parsed = check_command(path, line, arguments)
        inputs = [*getattr(parsed, "corpus", ()), *filter(None, [getattr(parsed, "folder", None)])]
        inputs += getattr(parsed, "files", [])
        if parsed is None or not all(Path(name).exists() for name in inputs):
            continue
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = cli.main(arguments)
        if status:
            pytest.fail(f"{path.name}:{line}: status {status}: {said.getvalue()}", pytrace=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the texts, in which the test runs, and no network."""
    rng = np.random.default_rng(0)
    # 200 words, so that none is so frequent that subsampling takes it away
    words = [*WORDS, *(f"word{k}" for k in range(190))]
    lines = [" ".join(rng.choice(words[k % 4 :: 4], size=15)) for k in range(400)]
    text = "\n".join(lines).encode()
    for name in TEXTS:
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    monkeypatch.chdir(tmp_path)

    def refuse(*arguments):
        raise OSError("a block of the documentation wants the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tmp_path


def run_document(path):
    namespace = {"__name__": "__main__"}
    for block in blocks_of(path):
        assert block.language in LANGUAGES, f"{path.name}:{block.line - 1}: {block.language!r}"
        if block.language == "python":
            run_block(path, block, namespace)
        elif block.language == "bash":
            run_commands(path, block)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # as short as scripts are
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_blocks_of_a_document_run(path, folder):
    run_document(path)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_files_that_a_document_names_are_there(path):
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_0-9.]+/)+[a-z_0-9]+\.py|test_\w+\.py)`", text)
    named += [name for name in re.findall(r"\]\(([^)#]+)", text) if "://" not in name]
    places = (ROOT, path.parent, ROOT / "src" / "negsamp", ROOT / "tests")
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    assert missing == []


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("```python\nx = 1\n```\n```python\nassert x == 2\n```", AssertionError, None),
        ("- item\n  ```python\n  if True:\n      f(\n  ```", SyntaxError, "line 4"),
        ("```bash\n\nnegsamp train corpus.txt\n```", FAILED, "notes.md:3: .*required: -o"),
        ("```bash\nls && negsamp trian x\n```", FAILED, "notes.md:2: .*invalid choice: 'trian'"),
        (
            "```bash\nnegsamp train corpus.txt -o m --min-count 99999 | tail -1\n```",
            FAILED,
            "notes.md:2: status 2: negsamp: error: no word is seen",
        ),
        ("```\nx\n```", AssertionError, "notes.md:1: ''"),
        ("```python\nx = 1\n", AssertionError, "notes.md:1: a block that does not end"),
    ],
)
def test_a_broken_block_is_found(folder, text, error, message):
    (folder / "notes.md").write_text(text)
    with pytest.raises(error, match=message):
        run_document(folder / "notes.md")
