"""Pictures of vectors: projections to the plane, plots, and a page to explore them.

Begin with `projection`, which makes points of vectors; `plotting` draws them by Matplotlib, and
`explore` writes a page that needs nothing but a browser. This package imports `negsamp.vectors`
and what is below it.
"""
