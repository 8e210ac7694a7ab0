"""Text files as ids in a folder, encoded once and mapped from then on.

The folder holds a folder for each text and each way of reading it: the words (a word a line) and
their counts, those of rare words, the ids and sentence ends, and a record of what they were made
from. It appears complete or not at all, so that several processes may use one cache. A text that
has changed has another digest, and so another folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.core.rare_words import RareWords
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.decoding import check_encoding
from negsamp.corpus.reading import read_beginning
from negsamp.corpus.stream import TokenStream, forget_pages
from negsamp.corpus.text_files import TextFiles, text_files
from negsamp.corpus.tokenizing import split_blocks
from negsamp.errors import CorpusError
from negsamp.files.atomic import writing_folder
from negsamp.files.npy import check_room, read_array, write_array
from negsamp.files.reading import digest_of

__all__ = ["read_cached"]

FORMAT = "negsamp corpus 2"
CHECK_AT_ONCE = 1 << 20  # ids
# Bytes of a text's beginning that tell how many tokens the whole has.
SAMPLE = 1 << 20


def read_cached(
    paths: Any,
    folder: str | os.PathLike[str],
    min_count: int = 5,
    max_vocab_size: int | None = None,
    errors: str = "strict",
    workers: int = 1,
    encoding: str = "utf-8",
    max_final_vocab: int | None = None,
) -> tuple[Vocabulary, TokenStream]:
    """Read text files as `read_corpus` does, or take what was made of them before.

    The cache is made if `folder` does not exist; the contents and order of the files, not their
    names, say whether they are the same as before. The stream is mapped from the cache. OSError if
    the cache cannot be written; CorpusError if a file changes while they are read, and for what
    `read_corpus` names.
    """
    files, cache = text_files(paths), Path(folder)
    assert files is not None
    before = _states(files)
    made_from = {
        "sha256": _digest(files),
        "encoding": check_encoding(encoding),
        "min_count": int(min_count),
        "max_vocab_size": None if max_vocab_size is None else int(max_vocab_size),
        "errors": errors,
    }
    if max_final_vocab is not None:
        made_from["max_final_vocab"] = int(max_final_vocab)
    key = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:32]
    found = _read(cache / key, made_from)
    if found is not None:
        return found
    if (cache / key).is_dir():  # damaged; it is made again
        shutil.rmtree(cache / key)
    cache.mkdir(parents=True, exist_ok=True)
    check_room(cache, 8 * _expected_tokens(files, encoding), "this corpus as ids")
    # another process may be faster; its folder is the same
    with suppress(FileExistsError), writing_folder(cache / key) as new:
        reading = min_count, max_vocab_size, errors, workers
        # the stream is let go at once: Windows renames no folder in which a file is mapped
        vocabulary = read_corpus(files, *reading, new, True, encoding, max_final_vocab)[0]
        for path, one, other in zip(files.paths, before, _states(files), strict=True):
            if one != other:
                raise CorpusError(f"corpus {path!r} was changed while it was read")
        # no token of a text holds a line end
        rare = vocabulary.rare.counts
        for name, words in (("words.txt", vocabulary.words), ("rare_words.txt", rare)):
            spelled = "\n".join(map(str, words)).encode("utf-8", "surrogatepass")
            (new / name).write_bytes(spelled)
        write_array(new / "counts.npy", vocabulary.counts)
        write_array(new / "rare_counts.npy", np.fromiter(rare.values(), np.int64, len(rare)))
        record = {"format": FORMAT, "made_from": made_from, "raw_words": vocabulary.raw_words}
        (new / "corpus.json").write_text(json.dumps(record, indent=1), "utf-8")
    found = _read(cache / key, made_from)
    if found is None:
        raise OSError(f"cache {str(cache)!r} lost what was written to it")
    return found


def _read(folder: Path, made_from: dict[str, Any]) -> tuple[Vocabulary, TokenStream] | None:
    """What a folder of the cache holds; None if it is not there or not whole."""
    try:
        record = json.loads((folder / "corpus.json").read_text("utf-8"))
        if record["format"] != FORMAT or record["made_from"] != made_from:
            raise ValueError("made from something else")
        words = (folder / "words.txt").read_bytes().decode("utf-8", "surrogatepass").split("\n")
        counts, rare_counts = (
            read_array(folder / name) for name in ("counts.npy", "rare_counts.npy")
        )
        rare_words = (folder / "rare_words.txt").read_bytes()
        if rare_words.count(b"\n") != max(len(rare_counts) - 1, 0):
            raise ValueError("other rare words than counts")
        rare = RareWords.of_lines(rare_words, rare_counts)
        vocabulary = Vocabulary(words, counts, record["raw_words"], rare)
        stream = TokenStream(
            read_array(folder / "ids.npy", mmap=True), read_array(folder / "offsets.npy", mmap=True)
        )
        _check(vocabulary, stream)
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return None
    return vocabulary, stream


def _check(vocabulary: Vocabulary, stream: TokenStream) -> None:
    """Rows that are not there would be written to memory that is not ours."""
    ids, offsets = stream.ids, stream.offsets
    if ids.dtype not in (np.uint16, np.int32) or offsets.dtype != np.int64:
        raise ValueError("other types of numbers")
    counted = np.zeros(len(vocabulary), dtype=np.int64)
    for at in range(0, len(ids), CHECK_AT_ONCE):
        some = np.asarray(ids[at : at + CHECK_AT_ONCE])
        if some.min() < 0:
            raise ValueError("an id below 0")
        counted += np.bincount(some, minlength=len(vocabulary))  # fails where one is too large
        forget_pages(ids)
    if (counted != vocabulary.counts).any():
        raise ValueError("other counts")
    for at in range(0, len(offsets), CHECK_AT_ONCE):
        if (np.diff(offsets[at : at + CHECK_AT_ONCE + 1]) <= 0).any():
            raise ValueError("sentences out of order")
        forget_pages(offsets)
    if offsets[0] != 0 or offsets[-1] != len(ids):
        raise ValueError("sentences beyond the text")


def _digest(files: TextFiles) -> str:
    """Return the digest of a file, or of the digests of several."""
    digests = [digest_of(path) for path in files.paths]
    return (
        digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    )


def _states(files: TextFiles) -> list[tuple[int, int]]:
    """Return what a change of a file would change."""
    return [(state.st_size, state.st_mtime_ns) for state in map(os.stat, files.paths)]


def _expected_tokens(files: TextFiles, encoding: str) -> int:
    """Return how many tokens texts have if they go on as they begin."""
    sample, share = read_beginning(files, SAMPLE, encoding)
    return int(sum(len(block.starts) for block in split_blocks([sample])) / share)
