"""Train on a stream: lines come from standard input, and the model grows with them.

    some-program | python examples/stream.py --watch king computer

Each batch of lines is one call of `partial_fit`; then it is forgotten, so that the stream may be
longer than any memory or disk. Whatever yields sentences serves as well as standard input: rows of
a database, messages of a queue, lines of a socket (``sock.makefile(encoding="utf-8")``).

The folder that `--model` names is written now and then and at the end, also after Ctrl-C. If it is
there at the beginning, the model goes on from it, as if it had never been away.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from negsamp import CorpusError, TrainingInterrupted, Word2Vec


def main() -> None:
    options = parse_options()
    folder = Path(options.model)
    if folder.exists():
        model = Word2Vec.load(folder)
        print(f"Going on from {folder}: {len(model.vocabulary_):,} words.")
    else:
        # each text is seen once, as a stream has more of it
        model = Word2Vec(options.vector_size, min_count=options.min_count, epochs=1, seed=1)
    held: list[list[str]] = []
    try:
        for number, batch in enumerate(batches(sentences(sys.stdin), options.batch), 1):
            held += batch
            try:
                model.partial_fit(held)
            except CorpusError as error:
                if hasattr(model, "wv"):
                    raise
                print(f"Batch {number}: waiting for more, as {error}.")
                continue
            held = []
            loss = model.loss_history_[-1]
            print(f"Batch {number}: {model.raw_words_:,} tokens read, loss {loss:.3f}")
            if number % options.every == 0:
                # not more often, as a matrix that was looked at is copied by the next call
                show(model, options.watch)
                model.save(folder)
    except (KeyboardInterrupt, TrainingInterrupted):
        print("Interrupted; the model has what it has learned.")
    if not hasattr(model, "wv"):
        sys.exit("error: the stream ended before there was enough to train on")
    show(model, options.watch)
    model.save(folder)
    print(f"Saved as {folder}.")


def sentences(lines: Iterable[str]) -> Iterator[list[str]]:
    """Tokens of each line, which is where to clean and split the text of your own stream."""
    for line in lines:
        if tokens := line.lower().split():
            yield tokens


def batches(items: Iterator[list[str]], size: int) -> Iterator[list[list[str]]]:
    """Lists of so many sentences; the last may have fewer."""
    while batch := list(islice(items, size)):
        yield batch


def show(model: Word2Vec, words: list[str]) -> None:
    """Print how many words there are, and what is near some; nothing of those that are rare."""
    print(f"  {len(model.wv):,} words")
    for word in words:
        if word in model.wv:
            nearest = model.wv.most_similar(word, topn=5)
            near = ", ".join(f"{other} {cosine:.2f}" for other, cosine in nearest)
            print(f"  {word} ({model.wv.get_count(word):,}): {near}")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train word vectors on lines of standard input.")
    parser.add_argument("--model", default="vectors/stream", help="folder (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=1000, help="lines in a call of partial_fit")
    parser.add_argument("--every", type=int, default=20, help="batches between two savings")
    parser.add_argument("--watch", nargs="*", default=[], help="words to print neighbours of")
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--min-count", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
