"""Bytes on disk: read strictly, written whole or not at all.

Begin with `reading`, which opens files, and `atomic`, which writes a file or a folder. `npy`,
`strict_json` and `word_list` are what files hold; `folder` puts them together, with a record of
their digests, and `model_folder` says which of them a model has. This package imports only
`negsamp.checks` and `negsamp.errors`.
"""
