"""Words and counts as lines of text; words that a line cannot carry, as JSON beside them.

A line is ``word count``. A word with white space, or one that is no string, has its JSON form in
the line, and stands in a second file under its row: that file says which lines are to be read so.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from negsamp.errors import SavedModelError
from negsamp.files.folder import SavedFolder, explained
from negsamp.files.strict_json import parse_json

__all__ = [
    "CONTEXTS",
    "RARE",
    "encode_some",
    "encode_words",
    "read_words",
    "some_texts_of",
    "texts_of",
]

LINES, APART = "vocabulary.txt", "words.json"
RARE = "rare_words.txt", "rare_words.json"
CONTEXTS = "contexts.txt", "contexts.json"  # of the contexts, where they are other words
# Bytes of a line: a token may have 16 MiB, and its count has 20 more.
LONGEST_LINE = (1 << 24) + 32
DEEPEST_TUPLE = 50
ROW = r"(0|[1-9][0-9]{0,18})"
SURROGATE = re.compile("[\ud800-\udfff]")
ONE_WORD = re.compile("[^\\s\ud800-\udfff]+")
ONE_A_LINE = re.compile(rf"{ONE_WORD.pattern}+(?:\n{ONE_WORD.pattern}+)*+")
LINE = re.compile(rf"(\S++) {ROW}\n")


def texts_of(words: Sequence[Hashable], keys: Callable[[Any], str] | None) -> Sequence[Hashable]:
    """Return words of which those that are not str are the text that `keys` makes of them.

    They stay as they are where it is None. TypeError if it is no function; ValueError if it fails
    or makes no str of a word, or the same of two.
    """
    if keys is None:
        return words
    if not callable(keys):
        raise TypeError(
            f"keys is {keys!r:.60}; it must be a function that makes a str of a key, such as str"
        )
    rows: dict[str, int] = {}
    for row, word in enumerate(words):
        try:
            text = word if isinstance(word, str) else keys(word)
        except Exception as error:
            raise ValueError(
                f"keys failed for the key {word!r:.60} (row {row}): {error}"
            ) from error
        if not isinstance(text, str):
            raise ValueError(f"keys made {text!r:.60} of the key {word!r:.60}; it must make a str")
        if rows.setdefault(text, row) != row:
            raise ValueError(
                f"the keys {words[rows[text]]!r:.60} (row {rows[text]}) and {word!r:.60} "
                f"(row {row}) both become {text!r:.60}; each must become another text"
            )
    return list(rows)


def some_texts_of(
    counts: Mapping[Any, int], keys: Callable[[Any], str] | None, taken: Collection[Any]
) -> tuple[list[Any], list[int]]:
    """Words and counts, as `texts_of` has them, but without those that it would refuse or `taken`.

    Words of which `keys` makes the same text become one.
    """
    if keys is None:
        return [*counts], [*counts.values()]
    found: dict[str, int] = {}
    for word, n in counts.items():
        with suppress(Exception):
            text = word if isinstance(word, str) else keys(word)
            if isinstance(text, str) and text not in taken:
                found[text] = found.get(text, 0) + n
    return [*found], [*found.values()]


def encode_words(
    words: Sequence[Hashable], counts: Any, least: int = 1, files: tuple[str, str] = (LINES, APART)
) -> dict[str, bytes]:
    """Encode words and counts as the content of ``vocabulary.txt`` and perhaps ``words.json``.

    Words are str, int, finite float, bool, bytes and tuples of these; counts (V,) are `least` or
    more. `files` are other names of the two. ValueError for what would not come back.
    """
    numbers = np.asarray(counts)
    if numbers.dtype.kind not in "iu":
        raise ValueError(f"counts has type {numbers.dtype}; it must be integers")
    _check_counts(numbers, least)
    texts, apart = _apart(words)
    lines = [f"{word} {count}\n" for word, count in zip(texts, numbers.tolist(), strict=True)]
    if 4 * max(map(len, lines), default=0) > LONGEST_LINE:
        for word, line in zip(texts, lines, strict=True):
            if (size := len(line.encode())) > LONGEST_LINE:
                raise ValueError(
                    f"the word {word!r:.60} takes {size} bytes; {LONGEST_LINE} can be saved"
                )
    found = {files[0]: "".join(lines).encode()}
    if apart:
        found[files[1]] = json.dumps(apart).encode()
    return found


def encode_some(words: Sequence[Hashable], counts: Any) -> dict[str, bytes]:
    """The same of those rare words that can be written; no file if there is none."""
    if not _are_texts(words):
        found = {}
        for word, count in zip(words, counts, strict=True):
            with suppress(ValueError):
                _to_json(word)
                found[word] = count
        words, counts = [*found], [*found.values()]
    return encode_words(words, counts, files=RARE) if words else {}


def read_words(
    saved: SavedFolder,
    V: int | None,
    least: int = 1,
    files: tuple[str, str] = (LINES, APART),
) -> Callable[[], tuple[list[Any], np.ndarray]]:
    """Read the files of V words, of any number if None, and return a function that parses them.

    Sizes and digests are checked at once; the function returns a list of V words and their counts,
    (V,) int64, and depends on no file. Either raises a SavedModelError that names the file.
    """
    name, beside = files
    lines = saved.read_bytes(name, None if V is None else V * LONGEST_LINE)
    n_lines = lines.count(b"\n")
    if V is not None and n_lines != V:
        matrix = "context_vectors.npy" if files == CONTEXTS else "vectors.npy"
        raise SavedModelError(
            f"{str(saved.path / name)!r} has {n_lines} lines, and {matrix!r} has {V} rows"
        )
    apart = None
    if beside in saved.digests:
        # a word takes at most twice the bytes of its line, and its key 25; a line has 4 or more
        apart = saved.read_bytes(beside, 16 * len(lines))
    return partial(_parse, saved.path, lines, apart, least, files)


def _parse(
    folder: Path, lines: bytes, apart: bytes | None, least: int, files: tuple[str, str]
) -> tuple[list[Any], np.ndarray]:
    words, counts = explained(folder / files[0], _parse_lines, lines, least)
    if apart is not None:
        explained(folder / files[1], _put_apart, words, apart)
    if len(set(words)) < len(words):
        [(twice, _)] = Counter(words).most_common(1)
        raise SavedModelError(f"{str(folder / files[0])!r} holds {twice!r:.60} more than once")
    return words, counts


def _check_counts(counts: np.ndarray, least: int) -> None:
    wrong = counts < least
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"the count of row {row} is {counts[row]}; counts are {least} or more")


def _parse_lines(content: bytes, least: int) -> tuple[list[Any], np.ndarray]:
    """Words, and counts (V,) int64."""
    words: list[Any] = []
    counts: list[int] = []
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start)
        raise ValueError(f"line {row + 1} is not 'word count' in UTF-8") from error
    end = 0
    # matched one after the other: a search would take long for a line that does not match
    while (match := LINE.match(text, end)) and (count := int(match[2])) < 2**63:
        words.append(match[1])
        counts.append(count)
        end = match.end()
    if end < len(text):
        raise ValueError(f"line {len(words) + 1} is not 'word count'")
    numbers = np.array(counts, np.int64)
    _check_counts(numbers, least)
    return words, numbers


def _put_apart(words: list[Any], content: bytes) -> None:
    """Put the words of the second file in their rows."""
    found = parse_json(content)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    for key, value in found.items():
        row = int(key) if re.fullmatch(ROW, key) else -1
        if not 0 <= row < len(words):
            raise ValueError(f"there is no row {key!r:.60}")
        word = _from_json(value)
        if not _shown(value) == _shown(_to_json(word)) == words[row]:
            raise ValueError(f"row {row} is {word!r:.60} here and {words[row]!r:.60} in its line")
        words[row] = word


def _apart(words: Sequence[Hashable]) -> tuple[Sequence[Any], dict[str, Any]]:
    """What stands in the lines of words, and by row those that are no word in a line, for JSON."""
    apart: dict[str, Any] = {}
    if _are_plain(words):
        return words, apart
    texts = []
    for row, word in enumerate(map(_plain, words)):
        is_one = isinstance(word, str) and ONE_WORD.fullmatch(word)
        if not is_one:
            apart[str(row)] = _to_json(word)
        texts.append(word if is_one else _shown(apart[str(row)]))
    return texts, apart


def _are_plain(words: Sequence[Hashable]) -> bool:
    """Whether all are one word in a line, which is seen at once of most vocabularies."""
    if not _are_texts(words):
        return False
    text = "\n".join(cast("Sequence[str]", words))
    # a line that ends within a word would make it two
    return text.count("\n") < max(1, len(words)) and bool(ONE_A_LINE.fullmatch(text))


def _are_texts(words: Sequence[Hashable]) -> bool:
    return {*map(type, words)} <= {str}


def _plain(word: Any) -> Any:
    """NumPy's scalars as Python's own, and any kind of str (an Enum, say) as the str it equals."""
    if isinstance(word, np.generic):
        word = word.item()
    return str.__str__(word) if isinstance(word, str) else word


def _shown(value: Any) -> str:
    """A JSON value without white space."""
    return json.dumps(value, separators=(",", ":")).replace(" ", "\\u0020")


def _to_json(word: Any, depth: int = 0) -> Any:
    """A JSON value that `_from_json` turns into an equal word."""
    word = _plain(word)
    if isinstance(word, str):
        # JSON would take a pair of lone surrogates for one character
        return {"characters": [*map(ord, word)]} if SURROGATE.search(word) else word
    if type(word) in (bool, int) or (type(word) is float and np.isfinite(word)):
        return word
    if type(word) is bytes:
        return {"bytes": word.hex()}
    if type(word) is tuple:
        if depth == DEEPEST_TUPLE:
            raise ValueError(
                f"a word is a tuple {depth + 1} levels deep, which cannot be saved; {depth} can"
            )
        return {"tuple": [_to_json(item, depth + 1) for item in word]}
    raise ValueError(
        f"the word {word!r:.60} is a {type(word).__name__}, which cannot be saved; str, int, "
        "finite float, bool, bytes and tuples of these can, and save(folder, keys=str) makes text "
        "of others"
    )


def _from_json(value: Any) -> Any:
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict) and len(value) == 1:
        [(kind, content)] = value.items()
        if kind == "bytes" and isinstance(content, str):
            return bytes.fromhex(content)
        if kind == "characters" and isinstance(content, list):
            if not all(type(code) is int and 0 <= code < 0x110000 for code in content):
                raise ValueError("'characters' holds what is no code of a character")
            return "".join(map(chr, content))
        if kind == "tuple" and isinstance(content, list):
            return tuple(map(_from_json, content))
    raise ValueError(f"{value!r:.60} is no kind of word")
