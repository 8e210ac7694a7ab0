"""
First vectors
=============

A model reads a text and learns, for each word, a vector that predicts which words stand around it.
Words that are used alike get vectors that point alike. Here is the whole way from a text to
vectors, with a text that your computer already has.
"""

# %%
# A text
# ------
#
# `negsamp.docs_corpus` collects the documentation of Python, NumPy and SciPy: about a million
# words of English, in paragraphs. Any text of yours does as well: `negsamp.Word2Vec.fit` takes the
# name of a file or a folder, or an iterable of sentences.

import matplotlib.pyplot as plt
import numpy as np

from negsamp import Word2Vec, docs_corpus

paragraphs = docs_corpus()
print(f"{len(paragraphs):,} paragraphs, {sum(map(len, paragraphs)):,} words")
print(" ".join(max(paragraphs[:50], key=len)[:12]), "…")

# %%
# Training
# --------
#
# The defaults are for texts of many millions of words. This one is small, so that ten passes over
# it are better than five, and words that are seen less than twenty times are left out. A seed makes
# the run repeatable: the same seed gives the same bytes, whatever the number of cores.

model = Word2Vec(vector_size=64, min_count=20, epochs=10, seed=1)
model.fit(paragraphs)
print(f"{len(model.wv):,} words, {model.fit_seconds_['train']:.1f} seconds of training")

# %%
# Questions
# ---------
#
# ``model.wv`` holds the words and their vectors. Which words are used like a word?

for word in ["matrix", "gaussian", "file", "maximum"]:
    answers = model.wv.most_similar(word, topn=5)
    print(f"{word:9}", ", ".join(f"{other} {cosine:.2f}" for other, cosine in answers))

# %%
# Vectors can be added and subtracted: what is to *columns* as *row* is to *rows*? And which word
# does not belong to the others?

answers = model.wv.most_similar(positive=["columns", "row"], negative=["rows"], topn=3)
print([word for word, _ in answers])
print(model.wv.doesnt_match(["eigenvalues", "matrix", "diagonal", "file"]))

# %%
# A map
# -----
#
# Words of three subjects, 64 dimensions each, drawn in two: the directions in which these vectors
# vary most. Nobody told the model what belongs together.

subjects = {
    "statistics": "mean variance median poisson binomial quantile",
    "linear algebra": "eigenvalues cholesky svd hermitian",
    "Python": "class method instance module",
}
fig, ax = plt.subplots(figsize=(8, 6))
words = [
    word for line in subjects.values() for word in line.split() if word in model.wv
]
vectors = model.wv.unit_vectors[model.wv.rows(words)]
centered = vectors - vectors.mean(axis=0)
_, _, directions = np.linalg.svd(centered, full_matrices=False)
place = dict(zip(words, centered @ directions[:2].T, strict=True))
for subject, line in subjects.items():
    known = [word for word in line.split() if word in place]
    xy = np.array([place[word] for word in known])
    ax.scatter(*xy.T, s=40, label=subject)
    for word, (x, y) in zip(known, xy, strict=True):
        ax.annotate(word, (x, y), xytext=(4, 4), textcoords="offset points", fontsize=9)
ax.set(xticks=[], yticks=[], title="Words of the documentation")
ax.margins(0.12)
ax.legend(frameon=False)
fig.tight_layout()

# %%
# Keep them
# ---------
#
# ``model.save("vectors")`` writes a folder of plain files, which `numpy.load` opens without
# negsamp, and `negsamp.save_vectors` writes the formats of word2vec, GloVe and others.
# ``negsamp explore vectors -o map.html`` makes a page of them to search and to zoom in; see
# :doc:`/pictures`.
