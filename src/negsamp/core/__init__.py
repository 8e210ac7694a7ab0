"""The paper: ids and arrays in, numbers out.

Begin with `vocabulary`, `sampling`, `windows` and `blocks`, which say what is trained; then
`objectives`, which say what is minimised, `reference`, which does it with plain loops, and
`kernels` and `optimizers`, which do it fast; `pmi` has what it begins with. Nothing here knows of
texts, files, processes or progress bars: this package imports only `negsamp.checks` and
`negsamp.errors`.
"""
