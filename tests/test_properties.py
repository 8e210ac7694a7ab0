"""What holds for any corpus: order of ties, hash seeds, and there and back."""

import hashlib
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negsamp import Word2Vec, read_corpus
from negsamp.corpus.encoding import encode_corpus

TOKENS = st.one_of(st.text(max_size=3), st.integers(-9, 9), st.tuples(st.integers(0, 2)))
CORPORA = st.lists(st.lists(TOKENS, min_size=1, max_size=8), min_size=1, max_size=8)


@given(CORPORA, st.randoms())
def test_vocabulary_does_not_depend_on_the_order_of_the_text(corpus, random):
    vocabulary, _ = read_corpus(corpus, 1)
    shuffled = [random.sample(sentence, len(sentence)) for sentence in corpus]
    random.shuffle(shuffled)
    other, _ = read_corpus(shuffled, 1)
    assert other.words == vocabulary.words
    assert other.counts.tolist() == vocabulary.counts.tolist()


@given(CORPORA, st.integers(1, 3))
def test_encode_and_decode_are_inverse(corpus, min_count):
    vocabulary, _ = read_corpus(corpus, 1)
    frequent = [
        w for w, n in zip(vocabulary.words, vocabulary.counts, strict=True) if n >= min_count
    ]
    if not frequent:
        return
    vocabulary, stream = read_corpus(corpus, min_count)
    kept = [[w for w in sentence if w in vocabulary] for sentence in corpus]
    kept = [sentence for sentence in kept if sentence]
    assert [vocabulary.decode(ids) for ids in stream] == kept
    again = encode_corpus(vocabulary, corpus)
    assert again.ids.tolist() == stream.ids.tolist()
    assert again.offsets.tolist() == stream.offsets.tolist()


TRAIN = """
import hashlib
from negsamp import Word2Vec
tokens = ["a", 1, ("x", 2), "b", frozenset([3]), b"c", 2.5, True]
sentences = [[tokens[(i * j) % 8] for j in range(1, 9)] for i in range(40)]
model = Word2Vec(vector_size=4, min_count=1, sample=0, seed=1, workers=1).fit(sentences)
found = hashlib.sha256(model.vectors_.tobytes() + repr(model.wv.index_to_key).encode())
print(found.hexdigest())
"""


def test_training_does_not_depend_on_the_hash_seed():
    digests = set()
    for seed in ("0", "1", "12345"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", TRAIN]
        digests.add(subprocess.check_output(command, env=environment, text=True).strip())
    assert len(digests) == 1
    assert len(digests.pop()) == 64


@pytest.mark.parametrize("kind", [list, iter, tuple])
def test_training_does_not_depend_on_the_kind_of_iterable(kind):
    sentences = [[f"w{(i * j) % 13}" for j in range(1, 9)] for i in range(40)]
    settings = {"vector_size": 4, "min_count": 1, "sample": 0, "seed": 1, "workers": 1}
    expected = Word2Vec(**settings).fit(sentences)
    model = Word2Vec(**settings).fit(kind(sentences))
    assert hashlib.sha256(model.vectors_).digest() == hashlib.sha256(expected.vectors_).digest()
