"""Pictures of vectors: points in the plane, plots, and a page to explore them.

Begin with `projection`, which makes points of vectors; `plotting` draws them with Matplotlib, and
`explore` writes a page that needs nothing but a browser. This package may import
`negsamp.vectors` and what is below it.
"""
