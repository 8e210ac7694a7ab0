"""Bytes that are out of step are seen to be, and no damage loads silently that can be known."""

import warnings

import numpy as np
import pytest

from negsamp import VectorFileError, load_word2vec_format

LETTERS = [*"abcdefghijklmnopqrstuvwxyz", *"éüλж고양"]
FILES = 60


def binary(words, vectors, header=None, end=b""):
    """Content of a file of these words and vectors."""
    content = header or b"%d %d\n" % vectors.shape
    rows = zip(words, vectors, strict=True)
    return content + b"".join(word + b" " + row.tobytes() + end for word, row in rows)


def word_of(rng, number):
    letters = LETTERS if rng.random() < 0.3 else LETTERS[:26]
    return "".join(rng.choice(letters, rng.integers(1, 9))).encode() + b"%d" % number


def vectors_of(rng, V, d):
    kind = rng.integers(4)
    vectors = (rng.standard_normal((V, d)) * rng.choice([0.01, 0.1, 1, 5])).astype("<f4")
    if kind == 1:
        vectors = np.round(3 * vectors)
    if kind == 2:  # as in GoogleNews-vectors, the lower half of each number is 0
        vectors = (vectors.view("<u4") & 0xFFFF0000).view("<f4")
    if kind == 3:
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def space(words, vectors, rng, end):
    words = list(words)
    for i in {*rng.integers(0, len(words), rng.integers(1, 5)).tolist()}:
        words[i] += b" " + word_of(rng, i)
    return binary(words, vectors, end=end)


def every_word_has_a_space(words, vectors, rng, end):
    return binary([word + b" " + word_of(rng, 1) for word in words], vectors, end=end)


def newline_and_space(words, vectors, rng, end):
    words = list(words)
    words[rng.integers(len(words))] += b"\n x"
    return binary(words, vectors, end=end)


def header_of(rows, numbers):
    def damage(words, vectors, rng, end):
        V, d = vectors.shape
        return binary(
            words, vectors, b"%d %d\n" % (V + rows, int(d * numbers[0]) + numbers[1]), end
        )

    return damage


def numbers_of(dtype):
    def damage(words, vectors, rng, end):
        with np.errstate(over="ignore"):
            return binary(words, vectors.astype(dtype), end=end)

    return damage


def cut(words, vectors, rng, end):
    content = binary(words, vectors, end=end)
    return content[: rng.integers(8, len(content) - 1)]


def missing_newline(words, vectors, rng, end):
    rows = [word + b" " + row.tobytes() + b"\n" for word, row in zip(words, vectors, strict=True)]
    i = rng.integers(len(rows) - 1)
    rows[i] = rows[i][:-1]
    return b"%d %d\n" % vectors.shape + b"".join(rows)


DAMAGES = {
    "space": space,
    "spaces": every_word_has_a_space,
    "newline": newline_and_space,
    "fewer rows": header_of(-1, (1, 0)),
    "more rows": header_of(1, (1, 0)),
    "fewer numbers": header_of(0, (1, -1)),
    "more numbers": header_of(0, (1, 1)),
    "twice": header_of(0, (2, 0)),
    "half": header_of(0, (0.5, 0)),
    "float64": numbers_of("<f8"),
    "float16": numbers_of("<f2"),
    "big-endian": numbers_of(">f4"),
    "cut": cut,
    "missing newline": missing_newline,
}


@pytest.mark.parametrize("options", [{}, {"errors": "replace", "on_duplicate": "first"}])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_refused_or_warned_of(tmp_path, damage, options):
    rng = np.random.default_rng([*damage.encode()])
    path = tmp_path / "v.bin"
    for _ in range(FILES):
        V, d = int(rng.integers(3, 120)), int(rng.choice([3, 5, 10, 50, 300]))
        words = [word_of(rng, i) for i in range(V)]
        vectors = vectors_of(rng, V, d)
        end = [b"", b"\n"][rng.integers(2)]
        path.write_bytes(DAMAGES[damage](words, vectors, rng, end))
        with pytest.raises((VectorFileError, UserWarning)) as caught:
            load_word2vec_format(path, **options)
        assert "errors=" not in str(caught.value), "no advice that loads garbage"


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_undamaged_file_is_read_without_a_warning(tmp_path, end):
    rng = np.random.default_rng(0)
    for _ in range(FILES):
        V, d = int(rng.integers(1, 120)), int(rng.choice([1, 2, 3, 10, 300]))
        words = [word_of(rng, i) for i in range(V)]
        vectors = vectors_of(rng, V, d)
        (tmp_path / "v.bin").write_bytes(binary(words, vectors, end=end))
        kv = load_word2vec_format(tmp_path / "v.bin")
        assert [word.encode() for word in kv.index_to_key] == words
        assert kv.vectors.tobytes() == vectors.tobytes()


def sample(d=8, n=9):
    vectors = np.random.default_rng(0).standard_normal((n, d)).astype("<f4")
    return [b"w%d" % i for i in range(n)], vectors


def test_word_with_a_space_is_named(tmp_path):
    words, vectors = sample()
    words[4] = b"new york"
    (tmp_path / "v.bin").write_bytes(binary(words, vectors))
    for options in ({}, {"errors": "replace"}, {"on_error": "skip"}):
        with pytest.raises(VectorFileError, match="byte 144: the word 'new' goes on with 'york'"):
            load_word2vec_format(tmp_path / "v.bin", **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.replace(b"w3", b"w3 x"), "the word 'w3' goes on with 'x' behind a space"),
        (lambda c: c + b"\0", "it has more than the 9 vectors .*; a wrong header"),
        (lambda c: c.replace(b"9 8", b"8 8"), "it has more than the 8 vectors .*; a wrong header"),
        (lambda c: c.replace(b"9 8", b"9 7"), "the 9 vectors .*; a wrong header, numbers that are"),
    ],
)
def test_reason_is_the_true_one(tmp_path, change, message):
    (tmp_path / "v.bin").write_bytes(change(binary(*sample())))
    with pytest.raises(VectorFileError, match=message):
        load_word2vec_format(tmp_path / "v.bin")


def test_windows_line_ends_are_named(tmp_path):
    vectors = np.ones((3, 2), "<f4")
    (tmp_path / "v.bin").write_bytes(binary([b"a", b"b", b"c"], vectors, end=b"\r\n"))
    with pytest.raises(VectorFileError, match=r"byte 14: a Windows line end .* copied as text"):
        load_word2vec_format(tmp_path / "v.bin")


def test_other_order_of_bytes_is_named(tmp_path):
    words, vectors = sample()
    (tmp_path / "v.bin").write_bytes(binary(words, vectors.astype(">f4")))
    with pytest.raises(VectorFileError, match=r"read in the other order \(big-endian\)"):
        load_word2vec_format(tmp_path / "v.bin")


def test_numbers_far_from_the_others_are_warned_of(tmp_path):
    words, vectors = sample()
    for number in (3e20, 1e-40):
        vectors[5, 3] = number
        (tmp_path / "v.bin").write_bytes(binary(words, vectors))
        with pytest.warns(UserWarning, match="byte 179: 1 of 9 rows have numbers far from the"):
            kv = load_word2vec_format(tmp_path / "v.bin")
        assert kv.vectors.tobytes() == vectors.tobytes()
    vectors[:] = 1e30
    (tmp_path / "v.bin").write_bytes(binary(words, vectors))
    assert len(load_word2vec_format(tmp_path / "v.bin")) == 9, "where all are like this"


def test_words_in_another_encoding_get_the_advice_that_helps(tmp_path):
    words, vectors = sample()
    words[4] = "café".encode("latin-1")
    (tmp_path / "v.bin").write_bytes(binary(words, vectors))
    with pytest.raises(
        VectorFileError, match=r"byte 144: .* errors='replace' or 'ignore' reads on"
    ):
        load_word2vec_format(tmp_path / "v.bin")
    kv = load_word2vec_format(tmp_path / "v.bin", errors="replace")
    assert kv.index_to_key[4] == "caf\ufffd"
    assert kv.vectors.tobytes() == vectors.tobytes()


@pytest.mark.parametrize("block", [1 << 20, 64])
def test_rows_that_can_be_left_out_are(tmp_path, monkeypatch, block):
    monkeypatch.setattr("negsamp.vectors.formats.word2vec_binary.BLOCK", block)
    words, vectors = sample()
    words[1], words[2], words[6] = b"caf\xe9", b"w0", b"x" * 65_537
    vectors[4, 3] = np.nan
    (tmp_path / "v.bin").write_bytes(binary(words, vectors))
    with pytest.raises(VectorFileError, match="byte 216: 65536 bytes without a space"):
        load_word2vec_format(tmp_path / "v.bin", on_error="skip")
    words[6] = b"w6"
    (tmp_path / "v.bin").write_bytes(binary(words, vectors))
    skipped = (
        r"skipped 3 rows: byte 39: .* not utf-8.*; byte 76: .*'w0' is there.*; byte 146: .*nan"
    )
    with pytest.warns(UserWarning, match=skipped):
        kv = load_word2vec_format(tmp_path / "v.bin", on_error="skip")
    assert kv.index_to_key == ["w0", "w3", "w5", "w6", "w7", "w8"]
    assert kv.vectors.tobytes() == vectors[[0, 3, 5, 6, 7, 8]].tobytes()


def test_whole_rows_of_a_cut_file_can_be_kept(tmp_path):
    words, vectors = sample()
    (tmp_path / "v.bin").write_bytes(binary(words, vectors)[:150])
    with pytest.warns(UserWarning, match="skipped 5 rows: byte 144: it ends, and 5 of 9 vectors"):
        kv = load_word2vec_format(tmp_path / "v.bin", on_error="skip")
    assert kv.vectors.tobytes() == vectors[:4].tobytes()
    (tmp_path / "v.bin").write_bytes(binary(words, vectors, b"9 9\n"))
    with pytest.raises(VectorFileError, match="vectors are missing; a wrong header"):
        load_word2vec_format(tmp_path / "v.bin", on_error="skip")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_empty_word_of_gensim_is_read(tmp_path):
    gensim = pytest.importorskip("gensim.models")
    theirs = gensim.KeyedVectors(2)
    theirs.add_vectors(["", "a"], np.array([[1, 2], [3, 4]], np.float32))
    for name in ("v.bin", "v.txt"):
        theirs.save_word2vec_format(str(tmp_path / name), binary=name == "v.bin")
        back = gensim.KeyedVectors.load_word2vec_format(tmp_path / name, binary=name == "v.bin")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            kv = load_word2vec_format(tmp_path / name)
        assert kv.index_to_key == back.index_to_key == ["", "a"]
        assert kv.vectors.tolist() == [[1, 2], [3, 4]]


def test_rest_is_looked_at_where_one_of_the_first_rows_is_wrong(tmp_path):
    words, vectors = sample()
    content = binary(words, vectors)
    path = tmp_path / "v.bin"
    path.write_bytes(content.replace(b"9 8", b"9 7"))
    for options in ({}, {"limit": 5}):
        with pytest.raises(VectorFileError, match=r"more than the 9 vectors .*; a wrong header"):
            load_word2vec_format(path, **options)
    words[2] = b"caf\xe9"
    path.write_bytes(binary(words, vectors))
    with pytest.raises(VectorFileError, match=r"byte 74: .*errors='replace' or 'ignore' reads on"):
        load_word2vec_format(path, limit=5)
    path.write_bytes(content[:150])
    assert len(load_word2vec_format(path, limit=4)) == 4, "else it is not"


@pytest.mark.parametrize("kind", ["shares", "powers", "bits"])
def test_unusual_numbers_of_a_whole_file_are_read(tmp_path, kind):
    rng = np.random.default_rng(0)
    for d in (2, 3, 10, 50):
        make = {
            "shares": lambda d=d: rng.dirichlet(np.full(d, 0.02), 300),
            "powers": lambda d=d: np.exp(10 * rng.standard_normal((300, d))),
            "bits": lambda d=d: rng.integers(0, 2**32, (300, d), np.uint32).view("<f4"),
        }
        vectors = np.nan_to_num(make[kind]().astype("<f4"), posinf=1, neginf=1)
        (tmp_path / "v.bin").write_bytes(binary([b"w%d" % i for i in range(300)], vectors))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            kv = load_word2vec_format(tmp_path / "v.bin")
        assert kv.vectors.tobytes() == vectors.tobytes()


@pytest.mark.parametrize("bits", [0x7F800001, 0xFF800001, 0x7FC00000])
def test_any_nan_is_named(tmp_path, bits):
    """Of a signalling one NumPy warns when it is made a float64."""
    vectors = np.random.default_rng(5).normal(size=(6, 4)).astype("<f4")
    vectors.view("<u4")[2, 1] = bits
    rows = [f"w{i} ".encode() + row.tobytes() + b"\n" for i, row in enumerate(vectors)]
    (tmp_path / "v.bin").write_bytes(b"6 4\n" + b"".join(rows))
    with pytest.raises(VectorFileError, match="number 2 of the row of 'w2' is nan"):
        load_word2vec_format(tmp_path / "v.bin")
