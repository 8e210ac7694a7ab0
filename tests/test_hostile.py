"""Mutations of golden files are refused as documented or read as they stand, in bounded memory.

NEGSAMP_FUZZ sets how many are tried of each kind; a long run has thousands.
"""

import gzip
import json
import os
import shutil
import time
import zlib
from contextlib import contextmanager, nullcontext, suppress

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_golden import VECTOR_FILES
from oracles import (
    allocating,
    check_analogies,
    check_array,
    check_corpus,
    check_model,
    check_pairs,
    check_vectors,
    fix_digests,
)
from test_golden import GOLDEN

from negsamp import Word2Vec

EXAMPLES = int(os.environ.get("NEGSAMP_FUZZ", "150"))
SECONDS = 20  # a shared machine may stall; what has no bound takes for ever
# else it would hide what failed
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

PIECES = [
    *[b"\0", b"\xff", b"\n", b"\r\n", b" ", b"\t", b"'", b'"', b",", b"\\", b"{}", b"[]", b": "],
    *[b"1e400", b"NaN", b"-1", b"1.5", b"null", b"true", b"0", b"9" * 25, b"9" * 5000, b"L", b"_"],
    *[b"[" * 2000, b'{"a":' * 2000, b"\xed\xa0\x80", "\u2028\u3000\x85".encode(), b"x" * 70_000],
    *[b"\x93NUMPY\x01\x00", b"<f8", b">f4", b"|O", b"(0, 4)", b"(1, 4)", b"\x1f\x8b\x08"],
    *[b"PK\1\2", b"PK\5\6", b"2 1\n", b"8 4\n", b" 1.5"],
]
PLACE = st.integers(0, 1 << 12)
MUTATIONS = st.lists(
    st.tuples(
        PLACE,
        st.integers(0, 20) | st.just(1 << 30),  # to the end
        st.sampled_from(PIECES) | st.binary(max_size=9) | PLACE,
    ),
    min_size=1,
    max_size=3,
)
# Any value of model.json is replaced by one of these.
VALUES = [
    *[None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 2**64, 10**400],
    *[0.5, -0.0, 1e308, -1e-320, [1e308, 1e308], [0] * 1000, [1], [[]], [[[[]]]], []],
    *["", "x", "nce", "sgns", "\ud800", "x" * 10_000, ["x"], [None]],
    *[{}, {"x": 1}, {"read": "x"}, {"read": -1}],
]


def mutated(content, mutations):
    """Put pieces, or parts of the content from another place, where some of its bytes are."""
    for place, length, piece in mutations:
        at = place % (len(content) + 1)
        if isinstance(piece, int):
            begin = piece % (len(content) + 1)
            piece = content[begin : begin + 200]
        content = content[:at] + piece + content[at + length :]
    return content


def unpacked_size(content):
    """The bytes that a gzip file unpacks to, up to where it is damaged, and those of another."""
    if not content.startswith(b"\x1f\x8b"):
        return len(content)
    stream, size = zlib.decompressobj(31), 0
    with suppress(zlib.error):
        for at in range(0, len(content), 100):
            size += len(stream.decompress(content[at : at + 100]))
    return size


@contextmanager
def bounded(content, megabytes):
    """Hold what happens here to a time and, for one content in eight, which is slow, to memory."""
    started = time.perf_counter()
    is_traced = zlib.crc32(content) % 8 == 0
    with allocating(megabytes << 20) if is_traced else nullcontext():
        yield
    assert time.perf_counter() - started < SECONDS


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Copies of the golden files that a test may change, and puts back."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(GOLDEN, folder / "golden")
    return folder / "golden"


@contextmanager
def instead(path, content):
    """Let a file and its folder's model.json change for a while."""
    record = path.parent / "model.json"
    before = {file: file.read_bytes() for file in {path, record} if file.exists()}
    path.write_bytes(content)
    try:
        yield
    finally:
        for file, kept in before.items():
            file.write_bytes(kept)


def fuzz(examples=EXAMPLES, **strategies):
    """A property of so many examples; what was found before is in the tests of each module."""

    def decorate(test):
        return hypothesis.settings(
            max_examples=examples,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )(given(**strategies)(test))

    return decorate


FILES = {name: sorted(path.name for path in (GOLDEN / name).iterdir()) for name in ("sgns", "nce")}


@pytest.mark.parametrize("name", FILES)
@fuzz(data=st.data(), mutations=MUTATIONS, has_digest=st.booleans() | st.just(True))
def test_mutated_file_of_a_model(copies, name, data, mutations, has_digest):
    path = copies / name / data.draw(st.sampled_from(FILES[name]))
    kept = (GOLDEN / name / path.name).read_bytes()
    content = mutated(kept, mutations)
    with instead(path, content):
        if has_digest:
            fix_digests(path.parent)
        with bounded(content, 4):
            accepted = check_model(path.parent, copies / "scratch")
    if not has_digest and path.name != "model.json":
        assert accepted == (content == kept), "the digest finds every change"


@pytest.mark.parametrize("name", FILES)
@fuzz(data=st.data(), value=st.sampled_from(VALUES))
def test_mutated_value_of_model_json(copies, name, data, value):
    path = copies / name / "model.json"
    about = json.loads((GOLDEN / name / "model.json").read_bytes())
    parent = data.draw(st.sampled_from([about, *(v for v in about.values() if type(v) is dict)]))
    key = data.draw(st.sampled_from([*parent, "another"]))
    if data.draw(st.booleans()):
        parent[key] = value
    else:
        parent.pop(key, None)
    content = json.dumps(about).encode()
    with instead(path, content), bounded(content, 4):
        check_model(path.parent, copies / "scratch")


@fuzz(data=st.data(), mutations=MUTATIONS)
def test_mutated_array(copies, data, mutations):
    name = data.draw(st.sampled_from(["vectors", "log_z", "noise"]))
    content = mutated((GOLDEN / "nce" / f"{name}.npy").read_bytes(), mutations)
    (copies / "array.npy").write_bytes(content)
    with bounded(content, 2):
        check_array(copies / "array.npy")


@pytest.fixture(scope="module")
def kv():
    kv = Word2Vec.load(GOLDEN / "sgns").wv
    check_pairs(kv, GOLDEN / "pairs.txt")  # SciPy is imported here
    return kv


@pytest.mark.parametrize("check", [check_pairs, check_analogies])
@fuzz(mutations=MUTATIONS)
def test_mutated_questions(copies, kv, check, mutations):
    name = {check_pairs: "pairs.txt", check_analogies: "analogies.txt"}[check]
    content = mutated((GOLDEN / name).read_bytes(), mutations)
    (copies / "questions").write_bytes(content)
    with bounded(content, 4):
        check(kv, copies / "questions")


@pytest.mark.parametrize("name", ["corpus.txt", "corpus.txt.gz"])
@fuzz(mutations=MUTATIONS)
def test_mutated_corpus(copies, name, mutations):
    path = copies / "mutated"
    content = mutated((GOLDEN / name).read_bytes(), mutations)
    path.write_bytes(content)
    # the word table's first slots are 40 MB of them; each byte of text takes 8 at most
    with bounded(content, 64 + (8 * unpacked_size(content) >> 20)):
        check_corpus(path)


@pytest.mark.parametrize(
    "name", [*VECTOR_FILES[:-1], "v.projector/vectors.tsv", "v.projector/metadata.tsv"]
)
@fuzz(-(-EXAMPLES // 3), mutations=MUTATIONS, is_inside=st.booleans())
def test_mutated_file_of_vectors(copies, name, mutations, is_inside):
    path = copies / "vectors" / name
    kept = (GOLDEN / "vectors" / name).read_bytes()
    is_packed = name.endswith(".gz") and is_inside
    content = mutated(gzip.decompress(kept) if is_packed else kept, mutations)
    with instead(path, gzip.compress(content, 1) if is_packed else content), bounded(content, 8):
        check_vectors(path.parent if "projector" in name else path, copies / "scratch.npz")
