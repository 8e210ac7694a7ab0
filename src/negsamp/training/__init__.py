"""A run: its epochs, its workers, what it writes on the way, and when it ends.

Begin with `run`, which owns all of these, then read `epochs`, the loop over blocks, and `workers`,
the processes that share it. `settings` are the parameters, checked once; `schedule` is what follows
from them for a corpus; `arrays` is what training works on. This package imports `negsamp.corpus`,
`negsamp.core`, `negsamp.files` and the layer below them.
"""
