"""Vectors that were learned: asked, judged and exchanged with other programs.

Begin with `keyed_vectors`, which holds `KeyedVectors`, and go on to `queries`, which answers its
questions by `cosines`. `evaluation` and `stability` judge vectors; `formats` has a file for each
format. This package imports `negsamp.core`, `negsamp.files` and what is below them.
"""
