"""What to change about a corpus or a parameter before a run begins.

Each advice says what was seen and, after a semicolon, what to do: where that is a parameter, as
``name=value`` with a value that mends it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from negsamp.core.sampling import subsampling_threshold
from negsamp.core.vocabulary import Vocabulary
from negsamp.training.settings import Settings
from negsamp.word2vec.diagnosis_report import Diagnosis, spell_bytes, spell_count

__all__ = ["advice_on_memory", "advice_on_parameters", "advice_on_words"]

# When advice is given. The shares are far from those of ordinary text, which keeps more than nine
# tokens in ten of min_count=5 and six in ten of sample=1e-3, and half of whose words occur once.
FEW_TOKENS = 100_000
FEW_KEPT, FEW_SAMPLED, MANY_ONCE, MANY_SINGLE = 0.5, 0.25, 0.75, 0.5
LONG_LINE = 10_000  # tokens
MANY_OF_A_KIND = 0.5  # share of the words that look like no words
MOST_TOKENS, SOME_TOKENS = 0.9, 100
# Of all epochs, beyond which more add little or do harm; see docs/how-it-works.md.
ENOUGH_EPOCHS, ENOUGH_TOKENS = 20, 1_000_000
WIDE_WINDOW = 10  # times as long as almost every sentence


def _min_count_that_keeps_most(counts: np.ndarray) -> int:
    """The largest min_count that keeps nine tokens in ten; `counts` (V,) fall."""
    kept = np.cumsum(counts)
    return int(counts[np.searchsorted(kept, MOST_TOKENS * kept[-1])])


def advice_on_memory(memory: int, vector_size: int) -> str:
    """Say what needs less memory than the machine has; a `vector_size` of 0 would not help."""
    less = f"vector_size={vector_size} fits, and " if vector_size else ""
    return (
        f"this machine has {spell_bytes(memory)} of memory, less than it would take; {less}a "
        "larger min_count takes less"
    )


def advice_on_words(vocabulary: Vocabulary, is_file: bool) -> Iterator[str]:
    """Say what the words themselves show: that a text was read or split in another way."""
    words = [word for word in vocabulary.words if isinstance(word, str)]
    many = MANY_OF_A_KIND * len(vocabulary)
    if not is_file and any("\0" in word for word in words):  # the bytes of a file tell more
        yield (
            "some words hold a NUL, which no text has; if it is UTF-16, "
            "open(path, encoding='utf-16') reads it, 'utf-16-le' or 'utf-16-be' where it begins "
            "with no mark"
        )
    # that which white space was split by, and not only at: line.split(" ") leaves "york\n"
    ragged = next((word for word in words if word != word.strip() and word.strip()), None)
    if ragged is not None:
        yield (
            f"words have white space at their ends, such as {ragged!r:.60}, so that one word is "
            "several; line.split() without an argument leaves none"
        )
    if sum(word[:1] in "'\"[" and word.rstrip(",]")[-1:] in "'\"" for word in words) > many:
        yield (
            f"words are in quotes, such as {words[0]!r:.60}, as in a list that was written as "
            "text; ast.literal_eval(line) makes a list of it again"
        )
    elif sum(word.strip(",;").count(mark) > 0 for mark in ",;" for word in words) > many:
        yield (
            f"words have commas or semicolons within, such as {words[0]!r:.60}, as in a table; "
            "csv.reader(open(path)) splits its lines there (delimiter=';' at semicolons)"
        )


def advice_on_parameters(
    found: Diagnosis,
    settings: Settings,
    counts: np.ndarray,
    single_before: int,
    is_file: bool,
) -> Iterator[str]:
    """Say what to change about parameters and text, the most important first.

    `counts` are those of all words, falling. `single_before` is the number of sentences that have
    one word before `min_count` leaves any out.
    """
    yield from _advice_on_what_is_left(found, settings, counts, single_before, is_file)
    if found.words_once > MANY_ONCE * found.words_seen and found.raw_words >= SOME_TOKENS:
        yield (
            f"{100 * found.words_once / found.words_seen:.0f} % of the words occur once: are "
            "tokens split as they should be? A str is split at white space; give lists of tokens "
            "to split it elsewhere"
        )
    if found.sentences == 1 and found.longest_sentence > LONG_LINE:
        yield (
            "the corpus is one line, and windows reach across the ends of its sentences; put each "
            "sentence on a line of its own"
        )
    if not found.block_shape:
        return
    if found.raw_words < FEW_TOKENS:
        enough = min(ENOUGH_EPOCHS, ENOUGH_TOKENS // found.raw_words)
        is_random = settings.pmi_offset(found.tokens_an_epoch) is None
        if is_random and settings.epochs < enough:
            more = f"epochs={enough} learns more from them than epochs={settings.epochs}"
        else:
            more = "negsamp.stability(models) tells how much the neighbours depend on the seed"
        yield f"{found.raw_words:,} tokens are few, as word vectors need millions; {more}"
    if settings.vector_size > found.words_kept:
        yield (
            f"vector_size={settings.vector_size} is more than there are words; "
            f"vector_size={found.words_kept} tells them apart as well"
        )
    reach, usual = settings.window, found.usual_sentence
    if min(reach, found.longest_sentence) > WIDE_WINDOW * usual:
        yield (
            f"window={reach} is much longer than the sentences, 99 % of which have at most {usual} "
            f"tokens, and takes memory and time for the longest, of {found.longest_sentence:,}; "
            f"window={usual} takes in all of the others"
        )
    elif reach >= found.longest_sentence and settings.shrink_windows:
        yield (
            f"window={reach} reaches beyond every sentence: the longest has "
            f"{found.longest_sentence} tokens; if their order means nothing, as in a basket, "
            "shrink_windows=False weighs all of them alike"
        )


def _advice_on_what_is_left(
    found: Diagnosis, settings: Settings, counts: np.ndarray, single_before: int, is_file: bool
) -> Iterator[str]:
    """Say what leaves few tokens, or few that have another beside them."""
    min_count, most = found.min_count, _min_count_that_keeps_most(counts)
    is_min_count = found.single > single_before or not found.words_kept
    many_single = found.single > MANY_SINGLE * found.sentences
    if not found.words_kept:
        yield (
            f"no word is seen min_count={min_count} times, the most frequent "
            f"{spell_count(int(counts[0]), 'time')}; "
            f"min_count={most} keeps most tokens"
        )
    elif found.share_kept < FEW_KEPT and most < min_count:
        yield (
            f"min_count={min_count} leaves out {100 * (1 - found.share_kept):.0f} % of the tokens; "
            f"min_count={most} keeps most of them"
        )
    elif is_min_count and many_single:
        yield (
            f"min_count={min_count} leaves {found.single:,} of {found.sentences:,} sentences one "
            "word, and so no pair; min_count=1 leaves none out"
        )
    if many_single and not is_min_count:
        none = "no sentence has" if found.longest_sentence < 2 else "few sentences have"
        whole = "[open(path).read().split()]" if is_file else "[corpus]"
        yield (
            f"{none} two words, which a pair takes: {found.single:,} of {found.sentences:,} have "
            "one; "
            f"if these are the words of one text, {whole} is that text as one sentence"
        )
    kept = found.raw_words * found.share_kept
    sample = f"sample={subsampling_threshold(max(kept, 1), settings.sample):g}"
    if found.block_shape and found.tokens_an_epoch < FEW_SAMPLED * kept:
        yield (
            f"{sample} keeps {100 * found.tokens_an_epoch / kept:.1f} % of the "
            "tokens, as a few words make up most of the corpus; sample=0 keeps all"
        )
    elif found.block_shape and not found.pairs_an_epoch:
        yield (f"{sample} left no pair in the epoch that was drawn; sample=0 keeps all tokens")
