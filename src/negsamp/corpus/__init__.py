"""Texts, tables and graphs become integer ids.

Begin with `counting.read_corpus` and follow a token: `text_files` knows its file, `unpacking` opens
it, `decoding` makes UTF-8 of its bytes, `reading` blocks of all texts, `tokenizing` finds the
token, `token_table` gives it a row, `stream` keeps the ids in memory or on disk, and `cache` keeps
them for the next run. `token_dict` does for lists what `token_table` does for texts; `containers`
says which objects are corpora, and `token_kinds` what becomes of a token. `pairs`, `walks` on
`graphs`, `phrases` and `datasets` are other ways to a corpus, `encoding` uses a known vocabulary;
`transformer` tells scikit-learn that a corpus is made of texts. This package imports
`negsamp.core`, `negsamp.files` and what is below them.
"""
