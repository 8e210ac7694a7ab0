"""Make tests/golden: `python tests/make_golden.py`, from the root of the checkout.

Two models of a few words, vectors in each format, and two small evaluation files, all from the
sentences and lists below, which were made up for this purpose. They stand for every file that was
ever saved: what reads them must go on to read them, and give the numbers in test_golden.py. Make
them anew only with a new format, beside the old ones.
"""

import gzip
import shutil
from pathlib import Path

from negsamp import KeyedVectors, Word2Vec, save_vectors

GOLDEN = Path(__file__).parent / "golden"
SENTENCES = [
    ["the", "cat", "sees", "the", "dog", 7],
    ["the", "dog", "sees", "the", "cat", ("a", 1.5, True)],
    ["a", "mouse", "fears", "the", "cat", "new york"],
    ["the", "mouse", "eats", "고양이", "naïve", b"\xff"],
    ["a", "dog", "eats", "a", "mouse", "\ud800"],
] * 4
SETTINGS = {"vector_size": 4, "min_count": 1, "epochs": 3, "workers": 1, "alpha": 0.5, "sample": 0}
TEXT = "\ufeffthe cat sees\tthe dog\r\nnaïve\u3000고양이\n\n" + "a mouse eats " * 20 + "\u0085x"
VECTOR_FILES = ["v.txt", "v.txt.gz", "v.bin", "v.bin.gz", "v.glove", "v.npz", "v.safetensors"]
VECTOR_FILES += ["v.projector"]
PAIRS = "# made up\ncat\tdog\t8.5\ncat mouse 6\n\nnaïve\t고양이\t1e-1\nthe a 3.25\ncat unicorn 2\n"
ANALOGIES = (
    ": who-sees-whom\ncat dog dog cat\nthe a cat dog\n"
    ": gram1-articles\na the the mouse\nthe cat a unicorn\n\nodd line\n"
)


def main():
    shutil.rmtree(GOLDEN, ignore_errors=True)
    GOLDEN.mkdir()
    Word2Vec(seed=1, **SETTINGS).fit(SENTENCES).save(GOLDEN / "sgns")
    strings = [[word for word in sentence if word in PAIRS] for sentence in map(_texts, SENTENCES)]
    Word2Vec(
        seed=2,
        objective="nce",
        nce_normalizer="center",
        noise=lambda counts: counts**0.5 + 1 / 3,
        **SETTINGS,
    ).fit(strings).save(GOLDEN / "nce")
    # what a text carries of the second model, and more that it carries
    kv = Word2Vec.load(GOLDEN / "nce").wv
    vectors = kv.vectors * [[1], [1e-5], [-1e5], [0], [1 / 3], [1], [1]]
    kv = KeyedVectors(kv.index_to_key, vectors.astype("float32"), kv.counts)
    for name in VECTOR_FILES:
        save_vectors(kv, GOLDEN / "vectors" / name)
    (GOLDEN / "pairs.txt").write_bytes(PAIRS.encode())
    (GOLDEN / "analogies.txt").write_bytes(ANALOGIES.encode())
    (GOLDEN / "corpus.txt").write_bytes(TEXT.encode())
    (GOLDEN / "corpus.txt.gz").write_bytes(gzip.compress(TEXT.encode(), mtime=0))


def _texts(sentence):
    return [word for word in sentence if isinstance(word, str)]


if __name__ == "__main__":
    main()
