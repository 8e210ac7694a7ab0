"""The estimator: parameters in, vectors out.

Begin with `model`, which holds `Word2Vec`. `model_json` says what a saved model must be,
`probabilities` what its scores mean, and `diagnosis` what a run would be like. Only `negsamp.cli`
imports this package, and this package may import all that is below.
"""
