"""A run: its epochs, its workers, what it writes down on the way, and when it ends.

Begin with `run`, which owns all of these, then `epochs`, the loop over blocks, and `workers`, the
processes that share it. `settings` are checked once. This package imports `negsamp.vectors`,
`negsamp.corpus`, `negsamp.core`, `negsamp.files` and what is below them.
"""
