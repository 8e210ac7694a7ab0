"""What a reader may do with any file at all: refuse it as documented, or read what is there.

Each function reads one file or folder twice, with negsamp and with something plainer, and raises
AssertionError where the two differ, or whatever else negsamp should not have raised. They return
whether the file was accepted. The property tests and the coverage-guided fuzzer share them.
"""

import gzip
import hashlib
import json
import math
import re
import tracemalloc
import warnings
import zlib
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np

from negsamp import (
    CorpusError,
    KeyedVectors,
    SavedModelError,
    VectorFileError,
    Word2Vec,
    load_glove_format,
    load_npz,
    load_projector,
    load_safetensors,
    load_word2vec_format,
    save_npz,
)
from negsamp.corpus.counting import read_corpus
from negsamp.errors import EncodingError
from negsamp.files.npy import read_array, read_shape
from negsamp.vectors.evaluation import evaluate_word_analogies, evaluate_word_pairs

LINE_END = re.compile("\r\n|\r|\n")
IS_WIDE = re.compile(" is utf-(16|32)-[lb]e by its first bytes")


@contextmanager
def allocating(most):
    """Fail if more bytes than `most` are allocated at a time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def fix_digests(folder):
    """Let model.json agree with the files as they are, if it is still of that form."""
    record = folder / "model.json"
    try:
        about = json.loads(record.read_bytes())
        for name in about["sha256"]:
            about["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        record.write_text(json.dumps(about))
    except (ValueError, TypeError, KeyError, OSError, RecursionError):
        pass


def check_model(folder, scratch):
    """A model loads as its files say, and is the same after it was saved and loaded again."""
    vectors = [_vectors_of(folder, mmap) for mmap in (False, True)]
    try:
        model = Word2Vec.load(folder)
    except SavedModelError as error:
        _check_message(error, folder)
        return False
    for kv in vectors:  # which need less, and are the same
        assert repr(kv.index_to_key) == repr(model.vocabulary_.words)
        assert kv.counts.tolist() == model.vocabulary_.counts.tolist()
        assert np.array_equal(kv.vectors, model.vectors_)
    _check_is_what_the_files_say(model, folder)
    with mock.patch("os.fsync"):
        model.save(scratch)
    again = Word2Vec.load(scratch)
    assert _everything(again) == _everything(model)
    return True


def _vectors_of(folder, mmap):
    """Words and vectors of a folder, None if it is refused."""
    try:
        kv = KeyedVectors.load(folder, mmap=mmap)
        assert len(kv.index_to_key) == len(kv.key_to_index) == len(kv.vectors)
        return kv
    except SavedModelError as error:
        _check_message(error, folder)
        return None


def _check_message(error, path=""):
    text = str(error)
    assert str(path) in text
    assert len(text) < 1500 + 4 * len(str(path))
    text.encode()  # it can be printed


def _check_is_what_the_files_say(model, folder):
    about = json.loads((folder / "model.json").read_text("utf-8"))
    arrays = {"vectors": model.vectors_, "context_vectors": model.context_vectors_}
    if "noise.npy" in about["sha256"]:
        arrays["noise"] = model.noise[:, None]
    if "log_z.npy" in about["sha256"]:
        arrays["log_z"] = np.reshape(model.nce_log_z_, (-1, 1)).astype(np.float32)
    for name, array in arrays.items():
        assert np.isfinite(array).all()
        plain = np.load(folder / f"{name}.npy", allow_pickle=False)
        assert plain.shape == array.shape
        assert np.array_equal(plain, array)
    lines = (folder / "vocabulary.txt").read_bytes().decode().split("\n")
    assert lines.pop() == ""
    words, counts = zip(*(line.split(" ") for line in lines), strict=True)
    assert list(counts) == [str(count) for count in model.vocabulary_.counts]
    apart = {}
    if "words.json" in about["sha256"]:
        apart = json.loads((folder / "words.json").read_text("utf-8"))
    for row, (spelled, word) in enumerate(zip(words, model.vocabulary_.words, strict=True)):
        assert (str(row) in apart) or spelled == word
        if str(row) in apart:
            assert json.loads(spelled) == apart[str(row)]
    parameters = {**model.get_params(), "noise": None}
    assert {name: repr(value) for name, value in parameters.items()} == {
        # which models of before that parameter do not have
        name: repr(value)
        for name, value in {
            "max_final_vocab": None,
            "shift": 0.0,
            "init": "random",
            **about["parameters"],
        }.items()
    }
    assert model.raw_words_ == about["raw_words"]
    losses = [float("nan") if loss is None else loss for loss in about["loss_history"]]
    assert list(map(repr, model.loss_history_)) == [repr(float(loss)) for loss in losses]
    assert model.fit_seconds_ == about["fit_seconds"]


def _everything(model):
    extra = model.nce_log_z_ if model.objective == "nce" else None
    return (
        repr(model.vocabulary_.words),
        model.vocabulary_.counts.tobytes(),
        model.vectors_.tobytes(),
        model.context_vectors_.tobytes(),
        repr({**model.get_params(), "noise": None}),
        None if model.noise is None else model.noise.tobytes(),
        None if extra is None else np.asarray(extra).tobytes(),
        repr((model.raw_words_, model.loss_history_, model.fit_seconds_)),
    )


def check_array(path):
    """An array is what NumPy reads, mapped or not."""
    try:
        array = read_array(path)
    except ValueError as error:
        _check_message(error)
        return False
    plain = np.load(path, allow_pickle=False)
    assert array.shape == plain.shape == read_shape(path)[1]
    assert array.tobytes() == plain.astype(array.dtype).tobytes()
    assert array.tobytes() == np.asarray(read_array(path, mmap=True), array.dtype).tobytes()
    return True


def check_pairs(kv, path):
    """Figures of word pairs are in their range and count every line once."""
    try:
        result = evaluate_word_pairs(kv, path)
    except ValueError as error:
        _check_message(error, path)
        return False
    for figure in (result.spearman, result.pearson):
        assert math.isnan(figure) or -1.0001 <= figure <= 1.0001
    assert result.pairs + result.oov + len(result.skipped_lines) == len(_text_lines(path))
    return True


def check_analogies(kv, path):
    """Answers are as many as questions, and every line is counted once."""
    for method in ("add", "mul"):
        try:
            result = evaluate_word_analogies(kv, path, method=method)
        except ValueError as error:
            _check_message(error, path)
            return False
        assert all(0 <= s.correct <= s.questions for s in result.sections)
        counted = result.total.questions + result.oov + len(result.skipped_lines)
        headers, names = len(_text_lines(path)) - counted, [s.name for s in result.sections]
        # where no line is a header, the section has a name that stands in no line
        assert headers == (len(names) if headers or names != ["questions"] else 0)
    return True


def _text_lines(path):
    """Lines of a text that are neither empty nor comments."""
    lines = LINE_END.split(Path(path).read_text("utf-8-sig", errors="replace"))
    return [line for line in lines if line.strip() and not line.startswith("#")]


def check_corpus(path):
    """A corpus has the tokens that `str.split` finds in its lines."""
    try:
        vocabulary, stream = read_corpus(path, 1)
    except CorpusError as error:
        if isinstance(error, EncodingError) and IS_WIDE.search(str(error)):
            assert b"\0" in (_unpacked(path) or b"\0")  # bytes may be a text in two encodings
        else:
            assert not any(_plain_sentences(path) or [])
        return False
    expected = [sentence for sentence in _plain_sentences(path) if sentence]
    tokens = iter([vocabulary.words[i] for i in stream.ids])
    lengths = [n for n in np.diff(stream.offsets).tolist() if n]
    assert [[next(tokens) for _ in range(n)] for n in lengths] == expected
    return True


def _plain_sentences(path):
    """Sentences of a text file, None if it is none, or begins as a packed file does."""
    content = _unpacked(path)
    try:
        text = content.decode()
    except (AttributeError, UnicodeDecodeError):
        return None
    return [line.split() for line in LINE_END.split(text.removeprefix("\ufeff"))]


def _unpacked(path):
    """Bytes of a text file, None if it is damaged, or begins as a packed file of another kind."""
    content = Path(path).read_bytes()
    if content.startswith((b"PK\3\4", b"PK\5\6", b"PK\7\x08")):
        return None
    try:
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return None


LOADERS = {
    "v.txt": load_word2vec_format,
    "v.txt.gz": load_word2vec_format,
    "v.bin": load_word2vec_format,
    "v.bin.gz": load_word2vec_format,
    "v.glove": load_glove_format,
    "v.npz": load_npz,
    "v.safetensors": load_safetensors,
    "v.projector": load_projector,
}


def check_vectors(path, scratch):
    """Vectors are those that a plain reader finds, and come back from another format."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of numbers far from the others
            kv = LOADERS[path.name](path)
    except VectorFileError as error:
        _check_message(error, path)
        return False
    assert isinstance(kv, KeyedVectors)
    assert all(type(word) is str for word in kv.index_to_key)
    assert np.isfinite(kv.vectors).all()
    words, rows = _plain_vectors(path, kv.vector_size)
    assert kv.index_to_key == words
    assert kv.vectors.tobytes() == np.array(rows, kv.vectors.dtype).tobytes()
    with mock.patch("os.fsync"):
        save_npz(kv, scratch)
    again = load_npz(scratch)
    assert again.index_to_key == words
    assert again.vectors.tobytes() == kv.vectors.tobytes()
    assert repr(again.counts) == repr(kv.counts)
    return True


def _plain_vectors(path, d):
    """Words and rows of a file that is none of a stranger's."""
    if path.name == "v.npz":
        with np.load(path, allow_pickle=False) as arrays:
            return _plain_packed(arrays)
    if path.name == "v.projector":
        lines = _plain_lines((path / "metadata.tsv").read_bytes())
        words = [line.partition(b"\t")[0].decode() for line in lines]
        rows = _plain_lines((path / "vectors.tsv").read_bytes())
        return words[len(words) - len(rows) :], [[*map(float, row.split(b"\t"))] for row in rows]
    content = path.read_bytes()
    if path.name == "v.safetensors":
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        types = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "|u1"}
        arrays = {}
        for name in ("vectors", "words", "offsets"):
            begin, end = header[name]["data_offsets"]
            array = np.frombuffer(
                content[start + begin : start + end], types[header[name]["dtype"]]
            )
            arrays[name] = array.reshape(header[name]["shape"])
        return _plain_packed(arrays)
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    content = content.removeprefix(b"\xef\xbb\xbf")
    if path.name != "v.glove":
        header, _, content = content.partition(b"\n")
        V, d = map(int, header.split())
    if ".bin" not in path.name:
        fields = [_plain_fields(line, d) for line in _plain_lines(content)]
        return [word.decode() for word, *_ in fields], [[*map(float, row)] for _, *row in fields]
    words, rows = [], []
    for _ in range(V):
        word, _, content = content.removeprefix(b"\n").partition(b" ")
        words.append(word.decode())
        rows.append(np.frombuffer(content[: 4 * d], "<f4"))
        content = content[4 * d :]
    return words, np.reshape(rows, (V, d))


def _plain_packed(arrays):
    words, offsets = bytes(arrays["words"]), arrays["offsets"].tolist()
    spelled = [words[offsets[i] : offsets[i + 1]].decode() for i in range(len(offsets) - 1)]
    return spelled, arrays["vectors"]


def _plain_fields(line, d):
    """A word and its numbers, with one separator or more between them."""
    line = line.removesuffix(b" ")
    word, *row = line.rsplit(b" ", d)
    if len(row) < d or b"" in row or b"\t" in line:
        parts = line.rsplit(None, d)
        word, *row = parts if len(parts) > d else [b"", *parts]
    return word.strip(b" \t"), *row


def _plain_lines(content):
    """Lines without their ends, less those at the end that are empty."""
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    while lines and not lines[-1].strip(b" \t"):
        lines.pop()
    return lines
