"""A word table gives the rows that a `dict` would, whatever collides."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negsamp.corpus import token_table
from negsamp.corpus.token_table import WordTable
from negsamp.corpus.tokenizing import PADDING, Tokens

# Words about as long as a key, of few letters, so that they share beginnings; NUL is a letter.
WORDS = st.lists(st.sampled_from(b"a\0\xff"), min_size=1, max_size=34).map(bytes) | st.binary(
    min_size=1, max_size=3
)
BATCHES = st.lists(st.lists(WORDS, max_size=30), max_size=6)
TABLES = st.fixed_dictionaries(
    {
        "FIRST_SLOTS": st.sampled_from([4, 16, 1 << 10]),
        "NEW_SLOTS": st.sampled_from([1, 8]),
        "PROBES": st.sampled_from([1, 2, 8]),
        "FACTORS": st.sampled_from(
            [
                np.zeros(2, np.uint64),  # every word is looked for in slot 0
                np.array([1 << 63, 1 << 63], np.uint64),  # in one of two
                token_table.FACTORS,
            ]
        ),
    }
)


@contextmanager
def changed(table):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in table.items():
            patch.setattr(token_table, name, value)
        yield


def block_of(words):
    """A block of text that holds these words."""
    text = b" ".join(words)
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    buffer = np.frombuffer(text + bytes(PADDING), np.uint8)
    return Tokens(text, buffer, np.cumsum(lengths + 1) - lengths - 1, lengths, lengths, False)


def find(table, words):
    return table.find(block_of(words))


def add(table, words, found=None):
    rows = table.add(block_of(words), find(table, words) if found is None else found)
    assert rows.dtype == np.int32
    return rows.tolist()


def look_up(table, words):
    return table.look_up(block_of(words)).tolist()


def by_dict(batches):
    rows = {}
    return [[rows.setdefault(word, 1 + len(rows)) for word in batch] for batch in batches], rows


@given(batches=BATCHES, table=TABLES, ahead=st.booleans())
@settings(max_examples=200)
def test_add_gives_rows_in_the_order_in_which_words_are_met(batches, table, ahead):
    expected, rows = by_dict(batches)
    with changed(table):
        words = WordTable()
        # words that are added after others have been looked for do no harm
        found = [find(words, batch) if ahead else None for batch in batches]
        assert list(map(add, [words] * len(batches), batches, found)) == expected
        assert [add(words, batch) for batch in batches] == expected
    assert len(words) == len(rows) == words.n_rows - 1


@given(known=BATCHES, asked=st.lists(WORDS, max_size=30), table=TABLES)
@settings(max_examples=200)
def test_look_up_gives_0_to_unknown_words_and_adds_none(known, asked, table):
    with changed(table):
        words = WordTable()
        for batch in known:
            add(words, batch)
        _, rows = by_dict(known)
        asked += [word for batch in known for word in batch]
        assert look_up(words, asked) == [rows.get(word, 0) for word in asked]
        assert len(words) == len(rows)


@given(batches=BATCHES, kept=st.sets(st.integers(0, 40)), more=BATCHES, table=TABLES)
@settings(max_examples=200)
def test_forget_all_but_some_words_which_keep_their_rows(batches, kept, more, table):
    with changed(table):
        words = WordTable()
        for batch in batches:
            add(words, batch)
        _, rows = by_dict(batches)
        used = 1 + len(rows)
        rows = {word: row for word, row in rows.items() if row in kept}
        words.forget_all_but(np.array(sorted(rows.values()), dtype=np.int64))
        assert len(words) == len(rows)
        assert words.rows().tolist() == sorted(rows.values())
        for batch in more:
            for word in batch:
                used += word not in rows
                rows.setdefault(word, used - 1)
            assert add(words, batch) == [rows[word] for word in batch]
        assert words.rows().tolist() == sorted(rows.values())
        assert words.n_rows == used


@pytest.mark.parametrize("length", [1, 7, 8, 9, 14, 15, 16, 17, 23, 24, 31, 32, 40])
def test_words_differ_by_each_byte_and_by_zeros_behind_them(length):
    word = bytes(range(1, length + 1))
    words = [word, word + b"\0", word + b"\0\0", b"\0" + word, b"\0" * length]
    words += [word[:i] + bytes([word[i] ^ 128]) + word[i + 1 :] for i in range(length)]
    words = list(dict.fromkeys(words))
    assert add(WordTable(), words) == list(range(1, len(words) + 1))


@given(st.lists(st.text(min_size=1), unique=True), TABLES)
def test_words_spells_them(spelled, table):
    spelled = [word.replace(" ", "_") for word in spelled]
    spelled += ["\ud800", "\ud83d\ude00", "한" * 5, "한" * 6, "x" * 10_000]
    encoded = [word.encode("utf-8", "surrogatepass") for word in spelled]
    with changed(table):
        words = WordTable()
        rows = np.array(add(words, encoded))
        assert words.words(rows) == spelled
        assert words.words(rows[::-1]) == spelled[::-1]
    assert words.words(rows[:0]) == []


def test_find_in_other_threads_while_words_are_added(monkeypatch):
    monkeypatch.setattr(token_table, "FIRST_SLOTS", 1 << 8)  # so that the table grows meanwhile
    numbers = np.random.default_rng(0).zipf(1.2, (60, 3000)) % 100_000
    batches = [[b"%d" % number for number in batch] for batch in numbers.tolist()]
    expected, _ = by_dict(batches)
    table = WordTable()
    with ThreadPoolExecutor(2) as pool:
        looking = [pool.submit(find, table, batch) for batch in batches[:4]]
        for i, batch in enumerate(batches):
            if i + 4 < len(batches):
                looking.append(pool.submit(find, table, batches[i + 4]))
            assert add(table, batch, looking[i].result()) == expected[i]
