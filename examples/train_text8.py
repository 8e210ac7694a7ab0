"""Train word vectors on text8 and look at what they have learned.

    python examples/train_text8.py                       # text8, downloaded the first time (31 MB)
    python examples/train_text8.py --corpus my.txt       # your own text, one sentence on each line
    python examples/train_text8.py --eval-dir FOLDER     # and score the vectors on the files there

Without a network it trains on the documentation of Python, NumPy and SciPy that is installed here,
which has 1 million words instead of 17.
"""

import argparse
import sys
from pathlib import Path

from negsamp import (
    DatasetError,
    KeyedVectors,
    Word2Vec,
    docs_corpus,
    evaluate_word_analogies,
    evaluate_word_pairs,
    text8,
)

PARAMETERS = {
    "vector_size": "dimensions of the vectors",
    "window": "largest distance between a word and its context",
    "min_count": "leave out words seen less often",
    "negative": "noise words for each pair of word and context",
    "epochs": "passes over the corpus",
    "alpha": "learning rate at the start",
    "workers": "processes; None takes one for each core",
    "seed": "where random numbers start; None takes a new one",
}
CANDIDATES = (
    *("king", "mother", "france", "london", "german", "three", "war", "law", "church", "music"),
    *("science", "water", "gold", "dog", "river", "green", "good", "computer", "python"),
    *("matrix", "function", "string", "file", "random"),
)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train word vectors and look at them.")
    parser.add_argument("--corpus", type=Path, help="text file (default: text8)")
    parser.add_argument("--output", type=Path, help="folder to save in (default: vectors/CORPUS)")
    parser.add_argument("--eval-dir", type=Path, help="folder of word-pair and analogy files")
    defaults = Word2Vec().get_params()
    for name, text in PARAMETERS.items():
        option, default = "--" + name.replace("_", "-"), defaults[name]
        kind = float if isinstance(default, float) else int
        text = f"{text} (default: {default})"
        parser.add_argument(option, type=kind, default=default, metavar="N", help=text)
    return parser.parse_args()


def choose_corpus(path: Path | None) -> tuple[str, Path | list[list[str]]]:
    """Return the name of a corpus and the corpus itself: a file, or lists of tokens."""
    if path is not None:
        return path.stem, path
    try:
        return "text8", text8()
    except DatasetError as error:
        print(f"No text8 ({error}): taking the documentation of Python, NumPy and SciPy.")
        return "docs", docs_corpus()


def show_neighbours(kv: KeyedVectors, words: list[str]) -> None:
    print("\nNearest words and their cosines:")
    for word in words:
        nearest = kv.most_similar(word, topn=4)
        columns = (f"{cosine:6.2f} {neighbour:<10}" for neighbour, cosine in nearest)
        print(f"  {word:<9}" + "".join(columns).rstrip())


def score(kv: KeyedVectors, path: Path) -> str:
    """Score the vectors on a file of analogies, which has headers, or of word pairs."""
    if path.read_text("utf-8-sig", "replace").startswith(": "):
        result = evaluate_word_analogies(kv, path)
        return f"{result.accuracy:6.1%} of {result.total.questions} analogies, {result.oov} unknown"
    pairs = evaluate_word_pairs(kv, path)
    return f"{pairs.spearman:6.3f} Spearman over {pairs.pairs} pairs, {pairs.oov} unknown"


def show_scores(kv: KeyedVectors, folder: Path) -> None:
    print(f"\nScores on the files in {folder}:")
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        try:
            print(f"  {path.name:<20}", score(kv, path))
        except ValueError:
            print(f"  {path.name:<20}   neither word pairs nor analogies")


def show_loading(folder: Path, word: str) -> None:
    words, vectors = str(folder / "vocabulary.txt"), str(folder / "vectors.npy")
    print(f"\nSaved in {folder}. To load it with NumPy alone:\n")
    print("import numpy as np")
    print(f"words = np.loadtxt({words!r}, str, comments=None, usecols=0, encoding='utf-8')")
    print(f"vectors = np.load({vectors!r})")
    print(f"print(vectors[words == {word!r}])")


def main() -> None:
    arguments = parse_arguments()
    name, corpus = choose_corpus(arguments.corpus)
    output = arguments.output or Path("vectors", name)
    is_model = (output / "model.json").is_file()
    if output.is_file() or (output.is_dir() and any(output.iterdir()) and not is_model):
        sys.exit(f"error: {output} holds something that is not a model")  # not after the work
    model = Word2Vec(**{key: getattr(arguments, key) for key in PARAMETERS})
    print(f"Training {model} on {name}.", flush=True)
    model.fit(corpus)
    model.save(output)

    tokens, seconds = model.raw_words_, model.fit_seconds_["train"]
    speed = f"{model.epochs * tokens / seconds:,.0f} words/s"
    print(f"{len(model.wv):,} words, {tokens:,} tokens, {seconds:.1f} s of training, {speed}.")
    print("Loss in nats a pair, by epoch:", *(f"{loss:.3f}" for loss in model.loss_history_))
    frequent = [str(word) for word in model.wv.index_to_key[:10]]
    words = [word for word in CANDIDATES if word in model.wv] or frequent
    show_neighbours(model.wv, words)
    if arguments.eval_dir:
        show_scores(model.wv, arguments.eval_dir)
    show_loading(output, words[0])


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
