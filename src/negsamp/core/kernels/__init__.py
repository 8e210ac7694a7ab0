"""Gradients of whole blocks, written to be fast; `negsamp.core.reference` is written to be read.

Begin with `sampled`, which trains the objectives that draw noise words; `tiles` has its products
for windows. `softmax` and `hierarchical` train the objectives that draw none, and `pairs` takes
explicit pairs. A kernel is given its objective and calls it, so this package imports no objectives,
nor the reference that checks it.
"""
