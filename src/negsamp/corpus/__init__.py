"""Texts, tables and graphs become integer ids.

Begin with `reading`, which opens a corpus, and follow a token: `tokenizing` finds it, `token_table`
and `counting` give it an id, `stream` keeps the ids, in memory or on disk, and `cache` keeps them
for the next run. `pairs`, `walks`, `phrases` and `datasets` are other ways to a corpus. This
package imports `negsamp.core`, `negsamp.files` and what is below them.
"""
