"""The estimator: parameters in, vectors out.

Begin with `model`, which holds `Word2Vec`. `model_json` says what a saved model must be,
`document_vectors` averages the words of a document, and `diagnosis` and `footprint` tell before a
run what it would take. Only `negsamp.cli` imports this package, which may import all other rooms.
"""
