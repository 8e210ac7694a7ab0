"""
The mathematics
===============

What do these vectors mean? Levy and Goldberg (2014) asked where the loss of skip-gram with negative
sampling is least, and found an old acquaintance: pointwise mutual information. It can be seen with
one's own eyes.

For a word c with the input vector v, a word o around it with the output vector u, and K noise words
k that are drawn from a distribution q, the loss of a pair is ::

    −log σ(u_o · v_c) − Σ_k log σ(−u_k · v_c)

Summed over a corpus, each score s = u_o · v_c appears with the weight p(c, o) in the first term,
and with K p(c) q(o) in the second. If vectors are so long that each score can be chosen for
itself, setting the derivative to zero gives ::

    u_o · v_c = log p(c, o) / (p(c) q(o)) − log K

With noise words drawn as often as words occur, the first logarithm is the pointwise mutual
information, PMI: how much more often the two stand together than by chance.

O. Levy, Y. Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", NIPS 2014,
equations 7 to 11.
"""

# %%
# Vectors
# -------
#
# A text in which each score can be learned well must be small in words and long: only the 200 most
# frequent words of the documentation of Python, NumPy and SciPy are kept. There are as many
# dimensions, noise is drawn in proportion to the counts: ``ns_exponent=1``, and the loss is the one
# above: ``shift=0``.

import matplotlib.pyplot as plt
import numpy as np

from negsamp import (
    Word2Vec,
    docs_corpus,
    encode_corpus,
    noise_probabilities,
    skipgram_pairs,
)

V, window, K = 200, 2, 5
paragraphs = docs_corpus()
model = Word2Vec(
    vector_size=V,
    window=window,
    shrink_windows=False,
    max_final_vocab=V,
    sample=0,
    negative=K,
    ns_exponent=1,
    shift=0,
    epochs=8,
    seed=1,
).fit(paragraphs)
scores = model.vectors_ @ model.context_vectors_.T
print(
    f"{model.raw_words_:,} words read, {model.fit_seconds_['train']:.1f} seconds of training"
)

# %%
# Counts
# ------
#
# Now the right side of the equation, by counting. `negsamp.skipgram_pairs` goes through the same
# pairs that were trained.

stream = encode_corpus(model.vocabulary_, paragraphs)
counts = np.zeros((V, V))
for centers, contexts in skipgram_pairs(stream, window, shrink_windows=False):
    np.add.at(counts, (centers, contexts), 1)
p_pair = counts / counts.sum()
p_center = p_pair.sum(axis=1, keepdims=True)
noise = noise_probabilities(model.vocabulary_.counts, ns_exponent=1)
with np.errstate(divide="ignore"):
    pmi = np.log(p_pair / (p_center * noise))

# %%
# Side by side
# ------------
#
# Pairs that were counted a hundred times or more, so that chance plays no part:

often = counts >= 100
x, y = pmi[often], scores[often] + np.log(K)
slope, intercept = np.polyfit(x, y, 1)
correlation = np.corrcoef(x, y)[0, 1]
print(f"{often.sum():,} pairs: correlation {correlation:.3f}, slope {slope:.3f}")

fig, ax = plt.subplots(figsize=(6.5, 6))
ax.scatter(x, y, s=6, alpha=0.25, c=np.log10(counts[often]), cmap="viridis")
ends = np.array([x.min(), x.max()])
ax.plot(ends, ends, "k--", lw=1, label="equal")
ax.set(xlabel="log p(c, o) / (p(c) q(o)), counted", ylabel="u · v + log K, learned")
ax.set_title(f"{often.sum():,} pairs, correlation {correlation:.3f}")
ax.legend(frameon=False)
ax.set_aspect("equal")
fig.tight_layout()

# %%
# Nobody wrote the logarithm of a fraction of counts into the program: it only nudged vectors until
# they told pairs of the text from pairs with noise.
#
# The pairs with the highest PMI, as they were counted and learned:

best = np.argsort(-np.where(often, pmi, -np.inf), axis=None)[:8]
words = model.wv.index_to_key
for row, column in zip(*np.unravel_index(best, pmi.shape), strict=True):
    learned = scores[row, column] + np.log(K)
    print(f"{words[row]:>12} {words[column]:12} {pmi[row, column]:.2f} {learned:.2f}")

# %%
# What is a vector of fewer dimensions then? The best that can be done in so many: a factorization
# of the matrix of shifted PMI, in which frequent pairs weigh more. That is why words with similar
# neighbours end up close to each other. :doc:`/how-it-works` goes on from here, and
# :doc:`/claims` has this figure for all objectives.
