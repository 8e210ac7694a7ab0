"""Words counted in parts are those of one machine, to the last tie."""

import pickle
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negsamp.corpus.counting import read_corpus
from negsamp.dask.words import Part, choose, encode, merge_words, read_part
from negsamp.errors import CorpusError

HOW = None, "strict", "utf-8"


def in_parts(corpora, min_count=1, most=None):
    reads = [read_part(corpus, *HOW) for corpus in corpora]
    words = [read[0] for read in reads]
    while len(words) > 1:
        words = [merge_words(*words[at : at + 2]) for at in range(0, len(words), 2)]
    chosen = choose(merge_words(words[0]), min_count, most)
    return chosen, [encode(read, chosen).stream for read in reads]


def assert_as_one_machine(corpora, min_count=1, most=None):
    whole = [sentence for corpus in corpora for sentence in corpus]
    vocabulary, stream = read_corpus(whole, min_count, max_final_vocab=most)
    chosen, streams = in_parts(corpora, min_count, most)
    assert chosen.words == vocabulary.words
    assert [*map(type, chosen.words)] == [*map(type, vocabulary.words)]
    assert chosen.counts.tolist() == vocabulary.counts.tolist()
    assert chosen.raw_words == vocabulary.raw_words
    assert np.concatenate([each.ids for each in streams]).tolist() == stream.ids.tolist()
    sentences = [sentence.tolist() for each in streams for sentence in each]
    assert sentences == [sentence.tolist() for sentence in stream]


class Odd:
    """Has no order and no text of its own, but is equal where its number is."""

    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return isinstance(other, Odd) and self.number == other.number

    def __hash__(self):
        return hash(self.number)


TOKENS = {
    "strings": st.sampled_from("abcdefg"),
    "numbers": st.sampled_from([0, 1, 1.0, True, 2, 0.5, Fraction(1, 2), np.int64(2)]),
    "kinds": st.sampled_from(["a", 1, ("b", 2), b"c", 1.5, ("b", "c")]),
    "odd": st.builds(Odd, st.integers(0, 4)),
}


@pytest.mark.parametrize("kind", TOKENS)
@given(st.data())
def test_words_of_parts_are_those_of_one_machine(kind, data):
    documents = st.lists(st.lists(TOKENS[kind], max_size=6), max_size=5)
    corpora = data.draw(st.lists(documents, min_size=1, max_size=5))
    counts = Counter(token for corpus in corpora for sentence in corpus for token in sentence)
    if not counts:
        with pytest.raises(CorpusError, match="the corpus is empty"):
            in_parts(corpora)
        return
    min_count = data.draw(st.integers(1, max(counts.values())))
    most = data.draw(st.none() | st.integers(1, 4))
    assert_as_one_machine(corpora, min_count, most)


def test_words_too_rare_in_each_part_count_together():
    assert_as_one_machine([[["a", "b"]], [["a", "c"]], [["a", "b"]]], min_count=2)


def test_choose_says_that_no_word_is_frequent_enough():
    with pytest.raises(CorpusError, match=r"no word is seen min_count=5 times.*min_count=1"):
        in_parts([[["a", "b"]], [["a"]]], min_count=5)
    assert in_parts([[["a", "b"]], [["a"]]], min_count=1)[0].words == ["a", "b"]


def test_read_part_bounds_the_words_of_each():
    corpus = [[f"w{i}"] for i in range(1000)] * 2
    words, _ = read_part(corpus, 10, "strict", "utf-8")
    assert len(words.words) <= 10
    assert words.raw_words == 2000


@pytest.mark.parametrize("mapped", [False, True])
def test_part_is_pickled_with_its_ids(mapped, monkeypatch, tmp_path):
    if mapped:
        monkeypatch.setattr("negsamp.corpus.stream.SEGMENT", 64)
        monkeypatch.setattr("negsamp.corpus.stream.SEGMENTS_IN_MEMORY", 1)
    corpus = [[f"w{i % 7}" for i in range(20)] for _ in range(200)]
    read = read_part(corpus, *HOW, 1, str(tmp_path))
    part = encode(read, choose(read[0], 1, None), str(tmp_path))
    assert part.is_mapped == mapped
    sent = pickle.loads(pickle.dumps(part))
    assert sent.about() == (*part.about()[:3], False, part.about()[4])
    assert part.about()[:3] == (4000, 200, 20)
    size = part.stream.ids.nbytes
    assert (part.__sizeof__() < size) == mapped
    assert sent.__sizeof__() > size  # what Dask thinks that it takes
    del read, part
    assert not [*tmp_path.iterdir()]  # their folders are gone with them


def test_part_of_nothing():
    words, part = read_part([], *HOW)
    assert (words.words, words.raw_words) == ([], 0)
    assert Part.about(part)[:3] == (0, 0, False)
