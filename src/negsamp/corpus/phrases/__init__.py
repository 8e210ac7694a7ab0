"""Words that often stand together become one word: `new_york`.

Begin with `phrase_detection`, which holds `Phrases`, and with its `phrase_parameters`. `finding`
asks `bigrams` to count neighbours in a stream of ids and `scoring` to score them, `joining` joins
the phrases of a text, and `phrase_file` keeps them in a file. This package may import
`negsamp.files` and the other modules of `negsamp.corpus`.
"""
