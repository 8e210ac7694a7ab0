"""The estimator: parameters in, vectors out.

Begin with `model`, which holds `Word2Vec` and how it is trained. Its bases are `parameters` and
`fitted`, what a fitted model answers; `learned` is what it has learned, one object. `model_json`
says what a saved model must be, and `diagnosis` and `footprint` what a run would be like. Only
`negsamp.cli` imports this package, which may import all other rooms.
"""
