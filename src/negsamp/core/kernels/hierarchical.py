"""Hierarchical softmax on blocks.

The heaviest inner nodes of the tree, its top, lie on the paths of nearly all words. There, a center
meets all nodes at once: with the centers C (L, d) of a group, the rows N (T, d) of the top, and the
weights P and M (L, T) of the contexts whose paths go on to the one and to the other child of a node

    S = C Nᵀ        G = P ∘ σ(−S) − M ∘ σ(S)        g_center = G N        g_node = Gᵀ C

Below the top, the paths of some consecutive tokens, a tile, meet all centers around them: their
nodes N (R, d), one path after the other, and the centers C (T + 2w, d) have the scores S = N Cᵀ.
Those of a path and a center whose window does not reach the token get the weight 0. Two more
products give the gradients. Tiles with about as many nodes go together, filled up with nodes of
sign 0.

`negsamp.core.reference` says the same pair by pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from negsamp.core.blocks import Block
from negsamp.core.huffman import HuffmanTree
from negsamp.core.kernels.tiles import is_wide
from negsamp.core.optimizers import Gradients, Layout

__all__ = ["HierarchicalKernel", "hierarchical_layout", "top_size"]

TOP = 64  # inner nodes of the top, at most
TILE, TOGETHER = 6, 32  # tokens of a tile, and tiles whose products are taken in one call


def top_size(V: int) -> int:
    """Inner nodes of the top of a tree over V words: T. They are the last that were joined."""
    return min(TOP, V - 1)


def hierarchical_layout(
    tree: HuffmanTree,
    shape: tuple[int, int, int, int],
    window: int,
    vector_size: int,
    dtype: Any,
) -> Layout:
    """The arrays of `Gradients` for blocks of a shape, if all words have the longest path."""
    G, L, _, _ = shape
    longest = int(tree.lengths.max()) - 1  # below the root, which is in the top
    paths = -(-(L + 2 * window) // TILE) * TILE * longest
    n, more = G * (top_size(len(tree)) + paths), ("output_rows", "output_lengths")
    return Gradients.layout(G * L, n, vector_size, dtype, *more)


class _Plan(NamedTuple):
    """Which tiles of a group go together, and where their gradients are written."""

    lengths: np.ndarray  # (G, n · TILE), nodes below the top on the path of each token
    order: np.ndarray  # (G, n), the tiles of each group by the number of their nodes
    nodes: np.ndarray  # (G, k), nodes of a tile in each batch of TOGETHER in that order
    begins: np.ndarray  # (G, k + 1), rows of ``outputs`` where these are, and where a group ends


class _Group(NamedTuple):
    """What the gradients of a group are made of."""

    C: np.ndarray  # (L, d), the centers
    positive: np.ndarray  # (L, T), weights of the steps to the one child of the nodes of the top
    negative: np.ndarray  # (L, T), and to the other
    tiles: np.ndarray  # (n, c, d), the centers around each tile: all L where windows are wide
    weights: np.ndarray  # (n, TILE, c), of each token of a tile for these


class HierarchicalKernel:
    """Gradients of hierarchical softmax (`negsamp.core.objectives.hierarchical`) on blocks.

    Parameters
    ----------
    objective : negsamp.core.objectives.hierarchical.HierarchicalSoftmax
        What turns scores into their gradients, and says their loss.
    tree : HuffmanTree
        Over V words; W_out has V rows, of which the last belongs to no node and stays as it is.
    shape, window, vector_size, dtype, into, groups
        As those of `negsamp.core.kernels.sampled.BlockKernel`. ``outputs`` has the T nodes of the
        top for each group, and then the nodes on the paths of the tokens.
    """

    def __init__(
        self,
        objective: Any,
        tree: HuffmanTree,
        shape: tuple[int, int, int, int],
        window: int,
        vector_size: int,
        dtype: Any = np.float32,
        into: Gradients | None = None,
        groups: slice = slice(None),
    ) -> None:
        if into is None:
            into = Gradients.empty(hierarchical_layout(tree, shape, window, vector_size, dtype))
        self.objective, self.tree, self.all = objective, tree, into
        self.groups = range(*groups.indices(shape[0]))
        V, T = len(tree), top_size(len(tree))
        self.top = slice(V - 1 - T, V - 1)
        # on a path nodes become lighter, so that those of the top come first
        in_top = np.add.reduceat(tree.nodes >= self.top.start, tree.offsets[:-1], dtype=np.int64)
        self.begins, self.lengths = tree.offsets[:-1] + in_top, tree.lengths - in_top
        # words that leave the top by the same branch have the same steps there
        last = self.begins - 1
        branch = 2 * (tree.nodes[last] - self.top.start) + (tree.signs[last] < 0)
        branches, words = np.unique(branch, return_index=True)
        self.branch = np.searchsorted(branches, branch)
        # for each branch, 1 where it goes on to the one child, and then to the other
        self.steps = np.zeros((len(branches), 2, T), dtype)
        for steps, word in zip(self.steps, words, strict=True):
            some = slice(tree.offsets[word], self.begins[word])
            nodes, signs = tree.nodes[some] - self.top.start, tree.signs[some]
            steps[(signs < 0).astype(int), nodes] = 1

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are, for the groups of this kernel.

        They are in buffers, of all groups, that the next call overwrites. Rows of ``outputs`` that
        only fill up a tile are those of node V − 1.
        """
        block, all_ = block.narrowed(), self.all
        assert all_.output_rows is not None
        assert all_.output_lengths is not None
        L, T, top, plan = (
            block.left.shape[1],
            self.steps.shape[2],
            W_out[self.top],
            self._plan(block),
        )
        for g in self.groups:
            group = self._group(W_in, block, g)
            C, of_centers, of_nodes = group.C, slice(g * L, (g + 1) * L), slice(g * T, (g + 1) * T)
            S = C @ top.T
            self.objective.turn_counts(S, group.positive, group.negative)
            g_centers = np.matmul(S, top, out=all_.centers[of_centers])
            outputs = np.matmul(S.T, C, out=all_.outputs[of_nodes])
            all_.output_rows[of_nodes] = np.arange(self.top.start, self.top.stop)
            np.square(S, out=S)
            np.matmul(np.einsum("id,id->i", C, C), S, out=all_.output_squares[of_nodes])
            all_.output_lengths[of_nodes] = np.sqrt(np.einsum("id,id->i", outputs, outputs))
            g_tiles = np.zeros_like(group.tiles)
            for some, nodes, signs, weights, of_paths in self._paths(block, g, plan, group.weights):
                N, centers = np.take(W_out, nodes, axis=0, mode="clip"), group.tiles[some]
                S = np.matmul(N, centers.swapaxes(1, 2))
                self.objective.turn_paths(S, signs, weights)
                outputs, squares = all_.outputs[of_paths], all_.output_squares[of_paths]
                np.matmul(S, centers, out=outputs.reshape(N.shape))
                np.vecdot(outputs, outputs, out=squares)
                np.sqrt(squares, out=all_.output_lengths[of_paths])
                all_.output_rows[of_paths] = nodes.reshape(-1)
                g_tiles[some] = np.matmul(S.swapaxes(1, 2), N)
            self._add_tiles(g_centers, g_tiles, block.window)
            np.einsum("id,id->i", g_centers, g_centers, out=all_.center_squares[of_centers])
        n = plan.begins[-1, -1]
        return all_._replace(
            outputs=all_.outputs[:n],
            output_squares=all_.output_squares[:n],
            output_rows=all_.output_rows[:n],
            output_lengths=all_.output_lengths[:n],
        )

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> float:
        """Loss of the groups of this kernel, summed over their pairs, in nats."""
        loss, block = 0.0, block.narrowed()
        top, plan = W_out[self.top], self._plan(block)
        for g in self.groups:
            group = self._group(W_in, block, g)
            loss += self.objective.counts_loss(group.C @ top.T, group.positive, group.negative)
            for some, nodes, signs, weights, _ in self._paths(block, g, plan, group.weights):
                S = np.matmul(W_out[nodes], group.tiles[some].swapaxes(1, 2))
                loss += self.objective.paths_loss(S, signs, weights)
        return loss

    def _group(self, W_in: np.ndarray, block: Block, g: int) -> _Group:
        L, w, dtype = block.left.shape[1], block.window, W_in.dtype
        weights = block.part(slice(g, g + 1)).center_weights(dtype)
        tokens, columns, n = block.tokens[g], 2 * w + 1, -(-(L + 2 * w) // TILE)
        # more tokens, for a last tile of centers
        padded = np.append(tokens, np.zeros(-L % TILE, np.int32))
        steps = np.take(self.steps, np.take(self.branch, padded), axis=0).reshape(len(padded), -1)
        if is_wide(L, w):
            C = W_in.take(block.centers[g], axis=0, mode="clip")
            # center i has token t at place t − i, the weight of which is in column L + t of row i
            skewed = np.zeros((L, L + n * TILE), dtype)
            row, item = skewed.strides
            as_strided(skewed[:, L:], (L, columns), (row + item, item))[...] = weights
            of_tokens = skewed[:, L:].T
            counts = of_tokens[: len(tokens)].T @ steps[: len(tokens)]
            tiles = np.broadcast_to(C, (n, *C.shape))
            of_tiles = of_tokens.reshape(n, TILE, L)
        else:
            # the centers, and as many tokens beside them as windows reach from any token
            around = np.zeros((n * TILE + 2 * w, W_in.shape[1]), dtype)
            C = around[2 * w : 2 * w + L]
            np.take(W_in, block.centers[g], axis=0, out=C, mode="clip")
            # the same for the contexts of a center: its token t has the tokens t … t + 2w around it
            of_centers = np.zeros((-(-L // TILE), TILE, TILE + 2 * w), dtype)
            flat = of_centers.reshape(-1, TILE + 2 * w)
            for t in range(TILE):
                flat[t:L:TILE, t : t + columns] = weights[t::TILE]
            windows = sliding_window_view(steps, TILE + 2 * w, axis=0)[::TILE]
            counts = np.matmul(of_centers, windows.swapaxes(1, 2)).reshape(-1, steps.shape[1])[:L]
            tiles = sliding_window_view(around, TILE + 2 * w, axis=0)[::TILE].swapaxes(1, 2)
            # token t has the center t − 2w + k in place k, and that has it in place 2w − k
            skewed = np.zeros((len(around), columns), dtype)
            skewed[2 * w : 2 * w + L] = weights
            row, item = skewed.strides
            of_tokens = as_strided(
                skewed[:, 2 * w :], (n, TILE, columns), (TILE * row, row, row - item)
            )
            of_tiles = np.zeros((n, TILE, TILE + 2 * w), dtype)
            for t in range(TILE):
                of_tiles[:, t, t : t + columns] = of_tokens[:, t]
        T = self.steps.shape[2]
        return _Group(C, counts[:, :T], counts[:, T:], tiles, of_tiles)

    def _add_tiles(self, g_centers: np.ndarray, g_tiles: np.ndarray, window: int) -> None:
        """Add the gradients of the centers around each tile to those of a group in place."""
        L, d = g_centers.shape
        if is_wide(L, window):
            g_centers += g_tiles.sum(axis=0)
            return
        n, columns, _ = g_tiles.shape
        g_around = np.zeros((n * TILE + columns, d), g_centers.dtype)
        for k in range(columns):
            g_around[k : k + n * TILE : TILE] += g_tiles[:, k]
        g_centers += g_around[2 * window : 2 * window + L]

    def _plan(self, block: Block) -> _Plan:
        """The same for every worker."""
        (G, n_tokens), T = block.tokens.shape, self.steps.shape[2]
        n = -(-n_tokens // TILE)
        lengths = np.zeros((G, n * TILE), np.int64)
        lengths[:, :n_tokens] = self.lengths[block.tokens]
        of_tiles = lengths.reshape(G, n, TILE).sum(axis=2)
        order = np.argsort(of_tiles, axis=1, kind="stable")
        at = np.arange(0, n, TOGETHER)
        ends = np.append(at[1:], n)
        nodes = np.take_along_axis(of_tiles, order[:, ends - 1], axis=1)
        sizes = np.append(np.zeros((G, 1), np.int64), nodes * (ends - at), axis=1)
        before = G * T + np.append(0, np.cumsum(sizes.sum(axis=1)))[:-1]
        return _Plan(lengths, order, nodes, before[:, None] + np.cumsum(sizes, axis=1))

    def _paths(
        self, block: Block, g: int, plan: _Plan, weights: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, slice]]:
        """Tiles of a group that go together.

        Which; their nodes (n, R), signs (n, R, 1) and weights (n, R, c); and where these are in
        ``outputs``.
        """
        tree, dtype = self.tree, self.steps.dtype
        words = np.zeros(plan.lengths.shape[1], np.int32)
        words[: block.tokens.shape[1]] = block.tokens[g]
        for i, n_nodes in enumerate(plan.nodes[g]):
            if not n_nodes:
                continue
            some = plan.order[g, i * TOGETHER : (i + 1) * TOGETHER]
            tokens = (some[:, None] * TILE + np.arange(TILE)).reshape(-1)
            lengths = plan.lengths[g, tokens]
            starts = np.cumsum(lengths) - lengths  # of each path, in the nodes of all
            at = np.repeat(self.begins[words[tokens]] - starts, lengths)
            at += np.arange(len(at))
            of_tiles = lengths.reshape(-1, TILE).sum(axis=1)
            is_node = np.arange(n_nodes) < of_tiles[:, None]  # and what fills up its tile is not
            nodes = np.full(is_node.shape, len(tree) - 1, np.int32)
            signs = np.zeros(is_node.shape, dtype)
            rows = np.zeros(is_node.shape, np.intp)  # of `weights`
            nodes[is_node], signs[is_node] = tree.nodes[at], tree.signs[at]
            rows[is_node] = np.repeat(tokens, lengths)
            A = np.take(weights.reshape(-1, weights.shape[2]), rows, axis=0)
            of_paths = slice(plan.begins[g, i], plan.begins[g, i + 1])
            yield some, nodes, signs[:, :, None], A, of_paths
