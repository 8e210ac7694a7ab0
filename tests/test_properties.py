"""What holds for any corpus: the order of the text and hash seeds do not change a byte."""

import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from negsamp import read_corpus

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
