"""The estimator: parameters in, vectors out.

Begin with `model`, which holds `Word2Vec` and how it is trained on text. Its bases are
`parameters`; `fitted`, what a fitted model has learned; `text_model`, what it says of texts; and
`pair_model`, how it is trained on pairs. `learned` is what it has learned, one object. `model_json`
says what a saved model must be, and `diagnosis` and `footprint` what a run would be like. Only
`negsamp.cli` imports this package, which may import all other rooms.
"""
