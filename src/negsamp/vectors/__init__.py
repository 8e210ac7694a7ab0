"""Learned vectors: questions to them, judgements of them, exchange with other programs.

Begin with `keyed_vectors` and `similarities`, whose methods are the questions: `word_vectors` holds
words and matrix, `selections` makes new ones, `query_terms` looks up what is asked for, and
`cosines` does the arithmetic. `evaluation` and `stability` judge vectors, `vector_folder` and
`formats` write and read them. This package imports `negsamp.core`, `negsamp.files` and what is
below them.
"""
