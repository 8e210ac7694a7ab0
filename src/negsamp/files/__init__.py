"""Bytes on disk: read strictly, written whole or not at all.

Begin with `atomic`, which replaces a file or leaves it alone, and `folder`, which does the same
with a folder whose record holds the digests of its files. `npy`, `strict_json` and `word_list` are
what such files hold. This package imports only `negsamp.checks` and `negsamp.errors`.
"""
