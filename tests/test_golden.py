"""Files that were written once are read for ever, to the same numbers. make_golden.py made them."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from make_golden import VECTOR_FILES

from negsamp import Word2Vec, open_vectors, save_vectors
from negsamp.corpus.counting import read_corpus
from negsamp.vectors.evaluation import AnalogyCount, evaluate_word_analogies, evaluate_word_pairs

GOLDEN = Path(__file__).parent / "golden"
WORDS = {
    "sgns": [
        *["the", "a", "cat", "dog", "mouse", "eats", "sees", b"\xff", 7, "\ud800", "fears"],
        *["naïve", "new york", "고양이", ("a", 1.5, True)],
    ],
    "nce": ["the", "a", "cat", "dog", "mouse", "naïve", "고양이"],
}
COUNTS = {"sgns": [24] + 4 * [12] + 2 * [8] + 8 * [4], "nce": [24] + 4 * [12] + 2 * [4]}
LOSSES = {
    "sgns": ["0x1.2efcb76b4c225p+2", "0x1.26d7185055b6ap+2", "0x1.9f11a6a421d17p+1"],
    "nce": ["0x1.f2e4272ea91cep+1", "0x1.fe020f783bc93p+1", "0x1.76a9f94aeec47p+1"],
}
FIRST_VECTOR = {  # of "a" in, of the last word out
    "sgns": (
        ["-0x1.659748p-1", "-0x1.179f94p-2", "-0x1.7924d6p-3", "0x1.0c5c7cp+0"],
        ["0x1.a2a5p+0", "0x1.f5390ep-2", "0x1.259786p-1", "-0x1.8297d4p+0"],
    ),
    "nce": (
        ["0x1.ff250ep-7", "0x1.df328p-3", "-0x1.2fdabp-1", "0x1.5de6f6p+0"],
        ["0x1.edc352p-3", "0x1.c170aep-6", "0x1.db9588p-5", "-0x1.38b03ep+0"],
    ),
}
SCORES = {  # of cat dog, the mouse
    "sgns": [-1.8189631389434942, -1.3205715606908037],
    "nce": [-2.289497773528387, -1.6248350119119928],
}
CORRELATIONS = {"sgns": (0.2, 0.15251041032764892), "nce": (-0.6, -0.33501583889623704)}
RIGHT = {"sgns": [0, 0], "nce": [1, 0]}
LOG_Z = [2.7474442, 2.772172, 2.5569532, 3.1130517, 2.8739095, 2.689083, 2.7936735]


@pytest.fixture(params=["sgns", "nce"])
def name(request):
    return request.param


@pytest.fixture
def model(name):
    return Word2Vec.load(GOLDEN / name)


def test_golden_model_loads_to_the_same_numbers(name, model):
    assert repr(model.vocabulary_.words) == repr(WORDS[name])
    assert model.vocabulary_.counts.tolist() == COUNTS[name]
    assert model.raw_words_ == sum(COUNTS[name])
    assert model.loss_history_ == [float.fromhex(loss) for loss in LOSSES[name]]
    assert set(model.fit_seconds_) == {"read", "train"}
    rows = model.vectors_[1], model.context_vectors_[-1]
    assert [row.tolist() for row in rows] == [
        [float.fromhex(number) for number in row] for row in FIRST_VECTOR[name]
    ]
    assert model.vectors_.dtype == model.context_vectors_.dtype == np.float32
    scores = model.score_pairs(["cat", "the"], ["dog", "mouse"])
    np.testing.assert_allclose(scores, SCORES[name], rtol=1e-12)  # sums in any order


def test_golden_model_has_the_parameters_it_was_made_with(name, model):
    made = {"vector_size": 4, "min_count": 1, "epochs": 3, "workers": 1, "alpha": 0.5, "sample": 0}
    made |= {"seed": 1, "noise": None, "shift": 0.0, "init": "random"}
    if name == "nce":
        made |= {"seed": 2, "objective": "nce", "nce_normalizer": "center"}
        np.testing.assert_array_equal(model.noise, np.sqrt(COUNTS["nce"]) + 1 / 3)
        np.testing.assert_array_equal(model.nce_log_z_, np.float32(LOG_Z))
    model.noise = None
    assert model.get_params() == Word2Vec(**made).get_params()


def test_golden_model_is_saved_to_the_same_bytes(name, model, tmp_path):
    model.save(tmp_path / "again")
    files = sorted(path.name for path in (GOLDEN / name).iterdir())
    assert files == sorted(path.name for path in (tmp_path / "again").iterdir())
    for file in set(files) - {"model.json"}:  # which holds versions
        assert (tmp_path / "again" / file).read_bytes() == (GOLDEN / name / file).read_bytes()


def test_golden_evaluation_files_give_the_same_figures(name, model):
    pairs = evaluate_word_pairs(model.wv, GOLDEN / "pairs.txt")
    assert (pairs.pairs, pairs.oov, pairs.oov_ratio, pairs.skipped_lines) == (4, 1, 20, ())
    assert (pairs.spearman, pairs.pearson) == pytest.approx(CORRELATIONS[name], rel=1e-5)
    analogies = evaluate_word_analogies(model.wv, GOLDEN / "analogies.txt")
    names = "who-sees-whom", "gram1-articles"
    expected = map(AnalogyCount, names, RIGHT[name], [2, 1])
    assert analogies.sections == tuple(expected)
    assert (analogies.oov, analogies.skipped_lines) == (1, (8,))


@pytest.mark.parametrize("file", ["corpus.txt", "corpus.txt.gz"])
def test_golden_corpus_gives_the_same_tokens(file):
    vocabulary, stream = read_corpus(GOLDEN / file, 1)
    words = ["a", "eats", "mouse", "the", "cat", "dog", "naïve", "sees", "x", "고양이"]
    assert vocabulary.words == words
    assert vocabulary.counts.tolist() == [20, 20, 20, 2, 1, 1, 1, 1, 1, 1]
    text = [vocabulary.words[i] for i in stream.ids]
    assert text == ["the", "cat", "sees", "the", "dog", "naïve", "고양이"] + (
        ["a", "mouse", "eats"] * 20 + ["x"]
    )
    assert np.diff(stream.offsets).tolist() == [5, 2, 61]


def test_golden_folder_may_be_a_link_and_hold_links_to_itself(name, model, tmp_path):
    shutil.copytree(GOLDEN / name, tmp_path / "model")
    (tmp_path / "model" / "vectors.npy").rename(tmp_path / "model" / "elsewhere")
    try:
        (tmp_path / "model" / "vectors.npy").symlink_to("elsewhere")
        (tmp_path / "link").symlink_to("model", target_is_directory=True)
    except OSError:
        pytest.skip("this system has no symbolic links")
    again = Word2Vec.load(tmp_path / "link")
    assert again.vectors_.tobytes() == model.vectors_.tobytes()


@pytest.mark.parametrize("name", VECTOR_FILES)
def test_golden_vectors_are_read_to_the_same_numbers(name):
    kv = open_vectors(GOLDEN / "vectors" / name)
    assert kv.index_to_key == WORDS["nce"]
    assert kv.vectors.dtype == np.float32
    model = Word2Vec.load(GOLDEN / "nce").wv
    scale = np.array([1, 1e-5, -1e5, 0, 1 / 3, 1, 1])[:, None]
    expected = (model.vectors * scale).astype(np.float32)
    assert kv.vectors.tobytes() == expected.tobytes()
    assert kv.counts is None or kv.counts.tolist() == COUNTS["nce"]


@pytest.mark.parametrize("name", sorted({*VECTOR_FILES} - {"v.txt.gz", "v.bin.gz", "v.projector"}))
def test_golden_vectors_are_saved_to_the_same_bytes(name, tmp_path):
    # what zlib packs may change with its version
    save_vectors(open_vectors(GOLDEN / "vectors" / "v.npz"), tmp_path / name)
    assert content_of(tmp_path / name) == content_of(GOLDEN / "vectors" / name)


def content_of(path):
    """Bytes of a file; of an archive, those of its members, as headers differ between Pythons."""
    if path.suffix != ".npz":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
