"""
A graph
=======

Walks over a graph are sentences whose words are nodes. Nodes with the same neighbourhoods get
similar vectors, which can be clustered, drawn, or given to a classifier. This is DeepWalk, and with
the parameters p and q it is node2vec (A. Grover, J. Leskovec, "node2vec: Scalable Feature Learning
for Networks", KDD 2016).
"""

# %%
# A club that fell apart
# ----------------------
#
# Zachary watched 34 members of a karate club for two years. A quarrel between the instructor
# (*Mr. Hi*) and the officer then split it in two. The edges are friendships outside the club. Can
# we tell from them alone who would go with whom?

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
from scipy.cluster.vq import kmeans, vq
from scipy.optimize import linear_sum_assignment

from negsamp import Word2Vec, random_walks

club = nx.karate_club_graph()
walks = random_walks(club, num_walks=50, walk_length=20, seed=1)
model = Word2Vec(vector_size=16, min_count=1, sample=0, workers=1, seed=1).fit(walks)
nodes = list(club)
vectors = model.wv.unit_vectors[model.wv.rows(nodes)]
groups, _ = vq(vectors, kmeans(vectors, 2, rng=1)[0])

truth = np.array([club.nodes[node]["club"] == "Officer" for node in nodes])
if (groups == truth).mean() < 0.5:  # which group is called 1 is chance
    groups = 1 - groups
print(
    f"{(groups == truth).sum()} of {len(nodes)} members are with those whom they went with"
)
near = [node for node, _ in model.wv.most_similar(0, topn=4)]
print(f"most like the instructor, node 0: {near}")

# %%
# Colours are the groups that the vectors form, and shapes are what the members did.

fig, ax = plt.subplots(figsize=(8, 5.5))
at = nx.spring_layout(club, seed=3)
nx.draw_networkx_edges(club, at, alpha=0.25, ax=ax)
colors = np.array(["tab:blue", "tab:orange"])
for shape, name, with_officer in (
    ("o", "stayed with Mr. Hi", False),
    ("s", "left with the officer", True),
):
    some = [node for node in nodes if truth[node] == with_officer]
    nx.draw_networkx_nodes(
        club,
        at,
        some,
        node_color=colors[groups[some]],
        node_shape=shape,
        node_size=320,
        label=name,
    )
nx.draw_networkx_labels(club, at, font_size=8, font_color="white")
ax.legend(frameon=False, labelspacing=1.5)
ax.axis("off")
fig.tight_layout()

# %%
# A larger one
# ------------
#
# 600 nodes in six communities: two nodes of one community are joined with a probability of 8 %,
# others with 1 %, so that each node has about eight edges inside its community and five out of it.
# `negsamp.random_walks` takes SciPy's sparse matrices too, which are the quickest.

planted = nx.planted_partition_graph(6, 100, 0.08, 0.01, seed=1)
community = np.repeat(np.arange(6), 100)
matrix = nx.to_scipy_sparse_array(planted)
walks = random_walks(matrix, num_walks=10, walk_length=40, seed=1)
model = Word2Vec(vector_size=32, min_count=1, sample=0, workers=1, seed=1).fit(walks)
vectors = model.wv.unit_vectors[model.wv.rows(range(600))]
found, _ = vq(vectors, kmeans(vectors, 6, rng=1)[0])  # the best of twenty starts
together = np.zeros((6, 6), int)
np.add.at(together, (community, found), 1)
best = linear_sum_assignment(-together)  # each group stands for one community
right = together[best].sum()
print(f"{right} of {len(vectors)} nodes are in the group of their community")

# %%
# The same vectors in the two directions in which they vary most, and the cosines of all pairs of
# nodes, sorted by community: six bright blocks.

centered = vectors - vectors.mean(axis=0)
_, _, directions = np.linalg.svd(centered, full_matrices=False)
fig, (map_of_nodes, cosines) = plt.subplots(1, 2, figsize=(10, 4.6))
map_of_nodes.scatter(*(centered @ directions[:2].T).T, c=community, cmap="tab10", s=14)
map_of_nodes.set(xticks=[], yticks=[], title="600 nodes, coloured by community")
picture = cosines.imshow(vectors @ vectors.T, vmin=-0.2, vmax=0.7, cmap="viridis")
cosines.set(title="cosines", xticks=[], yticks=[])
fig.colorbar(picture, ax=cosines, shrink=0.8)
fig.tight_layout()

# %%
# A low ``q`` leads walks away from where they began, so that vectors show communities; a high
# ``q`` with a low ``p`` keeps them near. Edge weights are followed if there are any.
