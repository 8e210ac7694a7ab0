"""Word pairs and analogies as people have them: in published files, in lists and in tables.

`read_pairs` and `read_analogies` find out what form they have. A file may be text of any encoding,
its columns separated by tabs, white space, commas or semicolons.
"""

from __future__ import annotations

import codecs
import csv
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from typing import Any

from negsamp.files.reading import open_file

__all__ = ["Questions", "has_sections", "read_analogies", "read_pairs", "without_tags"]

LONGEST_LINE = 1 << 16  # characters; the longest of the published files has 200
LARGEST_SCORE = 1e100  # whose square is a number
# Names of the column with the score, without case and signs: SimLex-999's, WordSim-353's, others.
SCORES = (
    *("simlex999", "humanmean", "mean", "score", "humanscore", "similarity", "relatedness"),
    *("rating", "meanrating", "average", "averagescore", "meansimilarity", "gold", "human"),
)
# Where the score stands in rows without a header, by their number of columns: of plain pairs, of
# SimVerb-3500 and SimLex-999, which have a part of speech before it, and of the rare words (RW),
# which have ten ratings behind it.
SCORE_COLUMNS = {3: 2, 5: 3, 10: 3, 13: 2}
SECTION_COLUMNS = ("section", "category")
PACKED = {b"PK\3\4": "zip", b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
TAGGED = re.compile(
    r"(.+)[-_/](?:[anrvj]|nn|vb|jj|rb|noun|verb|adj|adv)", re.IGNORECASE | re.DOTALL
)
PAIRS_FORM, ANALOGIES_FORM = "'word1 word2 score'", "': section' or four words below one"


@dataclass(frozen=True)
class Questions:
    """Words with what is said of them: a score, or the number of a section.

    `entries` has the number from 1 of each line or row, with its words and that value, or with None
    where it has not the `form`. `name` is what they were read from.
    """

    name: str
    form: str
    entries: list[tuple[int, tuple[list[Any], Any] | None]]
    sections: list[str]


def read_pairs(source: Any, delimiter: str | None, encoding: str) -> Questions:
    """Read word pairs with scores; see `evaluate_word_pairs` for what `source` may be.

    ValueError if no row has the form of a pair.
    """
    if isinstance(source, Mapping):
        source = [(*_fields_of(pair, ()), score) for pair, score in source.items()]
    name, header, rows = _rows_of(source, delimiter, encoding)
    columns = None if header is None else _named_columns(header)
    if header is not None and columns is None and len(header) != 3:
        raise ValueError(
            f"path has the columns {header!r:.200}; give those of the two words and the score: "
            "evaluate_word_pairs(kv, table[['word1', 'word2', 'score']])"
        )
    if header is None:
        first = next((number for number, fields in rows if fields), None)
        at = dict(rows).get(first or 0)
        columns = _named_columns(at) if at else None
        if columns is not None:
            rows = [(number, fields) for number, fields in rows if number != first]
    width = None if columns else _usual_width(rows)
    left, right, score = columns or (0, 1, SCORE_COLUMNS.get(width or 3, 2))

    def parse(fields: list[Any] | None) -> tuple[list[Any], float] | None:
        if fields is None or len(fields) <= max(left, right, score):
            return None
        words, value = [fields[left], fields[right]], _number(fields[score])
        if value is None or not all(map(_is_word, words)) or width not in (None, len(fields)):
            return None
        return words, value

    entries = [(number, parse(fields)) for number, fields in rows]
    _check_any(name, PAIRS_FORM, entries, rows, encoding)
    return Questions(name, _form_read(PAIRS_FORM, source, rows), entries, [])


def read_analogies(source: Any, delimiter: str | None, encoding: str) -> Questions:
    """Read questions of four words; see `evaluate_word_analogies` for what `source` may be.

    ValueError if there is none.
    """
    sections: list[str] = []
    if isinstance(source, Mapping):
        by_section = [(str(name), part) for name, part in source.items()]
        lists: list[Any] = []
        for name, part in by_section:
            lists += [
                [":", name],
                *(fields for _, fields in _rows_of(part, delimiter, encoding)[2]),
            ]
        source = lists
    name, header, rows = _rows_of(source, delimiter, encoding)
    column = next((n for n, h in enumerate(header or ()) if _plain(h) in SECTION_COLUMNS), None)
    lacks_section = not any(_section(fields) is not None for _, fields in rows)
    entries: list[tuple[int, tuple[list[Any], int] | None]] = []
    for number, fields in rows:
        if (section := _section(fields)) is not None:
            sections.append(section)
            continue
        if fields is not None and column is not None and len(fields) == 5:
            fields = list(fields)
            section = str(fields.pop(column))
        elif lacks_section:
            section = "questions"
        if fields is None or len(fields) != 4 or not all(map(_is_word, fields)):
            entries.append((number, None))
            continue
        if section is not None and section not in sections:
            sections.append(section)
        at = len(sections) - 1 if section is None else sections.index(section)
        entries.append((number, (fields, at) if at >= 0 else None))
    _check_any(name, ANALOGIES_FORM, entries, rows, encoding)
    return Questions(name, _form_read(ANALOGIES_FORM, source, rows), entries, sections)


def has_sections(path: str | os.PathLike[str], encoding: str = "utf-8") -> bool:
    """Return whether a file asks analogies: it has a header ``: section``, or begins with four
    words in a line. If not, it lists pairs."""
    _, _, rows = _rows_of(path, None, encoding)
    first = next((fields for _, fields in rows if fields), [])
    begins_so = len(first) == 4 and not any(_number(field) is not None for field in first)
    return any(_section(fields) is not None for _, fields in rows) or begins_so


def without_tags(words: Iterable[Any], known: Mapping[Any, Any]) -> dict[Any, Any] | None:
    """Return words without their parts of speech (``sun-n``), if all have one and none is known."""
    plain = {}
    for word in words:
        match = TAGGED.fullmatch(word) if isinstance(word, str) else None
        if match is None or word in known:
            return None
        plain[word] = match[1]
    return plain


def _check_any(name: str, form: str, entries: list[Any], rows: list[Any], encoding: str) -> None:
    """ValueError, which says what form there is instead, if no entry has the right form."""
    if any(entry is not None for _, entry in entries):
        return
    filled = [(number, fields) for number, fields in rows if fields]
    found = ""
    if filled:
        _, fields = filled[0]
        found = f"; it begins with {len(fields)} columns, {fields!r:.100}"
        is_four = len(fields) == 4 and _number(fields[3]) is None
        if form == PAIRS_FORM and (is_four or _section(fields) is not None):
            found += ", and evaluate_word_analogies reads questions of four words"
        elif form == PAIRS_FORM:
            found += (
                "; a first line that calls two columns word1 and word2 and one score says which "
                "they are, and so does a list of (word1, word2, score)"
            )
        elif len(fields) == 3 and _number(fields[2]) is not None:
            found += ", and evaluate_word_pairs reads words with a score"
    decoded = "UTF-8" if _is_utf8(encoding) else encoding
    raise ValueError(f"path is {name}: it has no line of the form {form} in {decoded}{found}")


def _form_read(form: str, source: Any, rows: list[tuple[int, list[Any] | None]]) -> str:
    """A form, and that the encoding may be another where a file's lines are not decoded."""
    is_decoded = all(fields is not None for _, fields in rows)
    is_file = isinstance(source, (str, os.PathLike))
    return form if is_decoded or not is_file else f"{form} (encoding='latin-1' may read them)"


def _rows_of(
    source: Any, delimiter: str | None, encoding: str
) -> tuple[str, list[str] | None, list[tuple[int, list[Any] | None]]]:
    """What to call a source, its names of columns, and its rows with their numbers from 1.

    A row that cannot be read is None; comments and empty rows are left out.
    """
    _check_options(delimiter, encoding)
    header = None
    if isinstance(source, (str, os.PathLike)):
        name = repr(os.fspath(source))
        items: Iterable[tuple[int, Any]] = _lines(source, encoding)
    else:
        name = f"a {type(source).__name__}"
        header, rows = _table_rows(source)
        items = enumerate(rows, 1)
    kept = [(n, item) for n, item in items if not (isinstance(item, str) and _is_blank(item))]
    lines = [item for _, item in kept if isinstance(item, str)]
    split = partial(_fields, delimiter=delimiter or _delimiter(lines))
    found: list[tuple[int, list[Any] | None]] = []
    for number, item in kept:
        if isinstance(item, Mapping):
            header = list(map(str, item)) if header is None else header
            item = tuple(item.values())
        fields = split(item) if isinstance(item, str) else _fields_of(item, None)
        if fields is None or len(fields):
            found.append((number, fields))
    return name, header, found


def _table_rows(source: Any) -> tuple[list[str] | None, Iterable[Any]]:
    """Names of columns and rows of a table of pandas, polars or pyarrow, or the rows of a list."""
    if hasattr(source, "itertuples"):
        return list(map(str, source.columns)), source.itertuples(index=False, name=None)
    if hasattr(source, "iter_rows"):
        return list(source.columns), source.iter_rows()
    if hasattr(source, "to_pylist"):
        return None, source.to_pylist()
    if isinstance(source, (bytes, Mapping)) or not isinstance(source, Iterable):
        raise ValueError(
            f"path is {source!r:.60}; it must be the path of a file, a list of rows or a table"
        )
    return None, source


def _fields_of(item: Any, otherwise: Any) -> Any:
    """The fields of a row that is no string; `otherwise` if it is none."""
    is_row = isinstance(item, Iterable) and not isinstance(item, (str, bytes, Mapping, set))
    return list(item) if is_row else otherwise


def _lines(path: str | os.PathLike[str], encoding: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file with their numbers from 1."""
    name = os.fspath(path)
    if _is_utf8(encoding):  # a byte-order mark would make the first header or comment an odd line
        encoding = "utf-8-sig"
    with TextIOWrapper(open_file(path), encoding=encoding, errors="replace") as file:
        mark = file.buffer.peek(6)
        if packed := next((kind for start, kind in PACKED.items() if mark.startswith(start)), None):
            raise ValueError(f"path is {name!r}: it is packed by {packed}; unpack it first")
        if mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and encoding == "utf-8-sig":
            raise ValueError(f"path is {name!r}: it is UTF-16; encoding='utf-16' reads it")
        for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE + 1), ""), 1):
            if len(line) > LONGEST_LINE:
                raise ValueError(
                    f"path is {name!r}: line {number} has more than the {LONGEST_LINE} characters "
                    "allowed"
                )
            if "\0" in line:
                raise ValueError(
                    f"path is {name!r}: line {number} holds a NUL, so it is no text"
                    f"{' in UTF-8' if _is_utf8(encoding) else ''}"
                )
            yield number, line


def _is_blank(line: str) -> bool:
    return line.startswith("#") or not line.strip()


def _delimiter(lines: Sequence[str]) -> str | None:
    """The sign between the columns of most lines; None for tabs or white space."""
    for mark in ("\t", ";", ","):
        if 2 * sum(line.count(mark) >= 2 for line in lines) > len(lines):
            return None if mark == "\t" else mark
    return None


def _fields(line: str, delimiter: str | None) -> list[str] | None:
    """The columns of a line; None if it was not decoded."""
    if "\ufffd" in line:
        return None
    if delimiter is None:
        return [part.strip() for part in line.split("\t")] if "\t" in line else line.split()
    if delimiter in ",;\t":
        [parts] = csv.reader([line.strip("\r\n")], delimiter=delimiter, skipinitialspace=True)
    else:
        parts = line.split(delimiter)
    return [part.strip() for part in parts]


def _named_columns(names: Sequence[Any]) -> tuple[int, int, int] | None:
    """Where the two words and the score stand, if names of columns say so."""
    plain = [_plain(name) for name in names]
    pairs = [
        (n, plain.index(name[:-1] + "2"))
        for n, name in enumerate(plain)
        if len(name) > 1 and name[-1] == "1" and name[:-1] + "2" in plain
    ]
    if not pairs:
        scores = [n for n, name in enumerate(plain) if name in SCORES]
        are_names = len(plain) == 3 and all(_number(name) is None for name in names)
        left_right = [n for n in range(3) if n not in scores]
        return (left_right[0], left_right[1], scores[0]) if are_names and len(scores) == 1 else None
    others = [n for n in range(len(plain)) if n not in pairs[0]]
    score = next((plain.index(name) for name in SCORES if name in plain), None)
    if score is None and len(others) == 1:
        [score] = others
    is_number = score is not None and _number(names[score]) is not None
    return None if score is None or is_number else (*pairs[0], score)


def _plain(name: Any) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def _usual_width(rows: list[tuple[int, list[Any] | None]]) -> int | None:
    """The number of columns that most rows have, of those whose score has a known place."""
    widths = Counter(len(fields) for _, fields in rows if fields and len(fields) in SCORE_COLUMNS)
    return widths.most_common(1)[0][0] if widths else 3


def _number(field: Any) -> float | None:
    """A score, or None if it is none."""
    try:
        number = math.nan if isinstance(field, (bool, bytes)) else float(field)
    except TypeError:
        return None
    except ValueError:
        # seven and a half is 7,5 in much of the world
        number = float(field.replace(",", ".")) if re.fullmatch(r"\d+,\d+", field) else math.nan
    return number if abs(number) <= LARGEST_SCORE else None


def _is_word(word: Any) -> bool:
    try:
        hash(word)
        return bool(word == word) and word not in (None, "")  # nan is not equal to itself
    except (TypeError, ValueError):
        return False


def _section(fields: list[Any] | None) -> str | None:
    """The name in a header ``: section``; None for other rows."""
    if not fields or not isinstance(fields[0], str) or not fields[0].startswith(":"):
        return None
    if fields[0] != ":" and not (len(fields) == 1 or fields[0].startswith(": ")):
        return None
    return " ".join(map(str, fields))[1:].strip()


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _check_options(delimiter: Any, encoding: Any) -> None:
    try:
        "".encode(encoding)
    except (LookupError, TypeError):
        raise ValueError(
            f"encoding is {encoding!r:.60}; it must be one that Python knows, such as 'utf-8', "
            "'latin-1' or 'utf-16'"
        ) from None
    if delimiter is not None and not (isinstance(delimiter, str) and len(delimiter) == 1):
        raise ValueError(f"delimiter is {delimiter!r:.60}; it must be one character, or None")
