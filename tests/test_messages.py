"""Every message that gives advice is provoked, and its advice is taken by its own words.

A case is what is done wrong, the message, and what the message says to do instead, which is given
the groups of the pattern: names, numbers and lines of code come from the message itself. The advice
of `diagnose` is in `word2vec/test_advice.py`.
"""

import ast
import io
import re
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
import pytest

import negsamp
from negsamp import KeyedVectors, Phrases, Word2Vec
from negsamp.cli import main
from negsamp.training.settings import OTHER_NAMES

PUBLIC = {name: getattr(negsamp, name) for name in negsamp.__all__}
SENTENCES = [["a", "b", "c", "d"], ["b", "c", "d", "a"], ["c", "d", "e", "a"]] * 4
SMALL = {"vector_size": 4, "min_count": 1, "sample": 0, "epochs": 2, "workers": 1, "seed": 1}


def model(**params):
    return Word2Vec(**{**SMALL, **params})


def fitted(**how):
    return model().fit(SENTENCES, **how)


def vectors():
    return KeyedVectors(["a", "b"], np.full((2, 3), np.pi, np.float32))


def save_word2vec(name, text, **how):
    negsamp.save_word2vec_format(vectors(), name, binary=not text, **how)
    return name


def command(*arguments):
    """Run the command line; its errors end it with status 2."""
    complaint = io.StringIO()
    with redirect_stderr(complaint):
        try:
            status = main([*map(str, arguments)])
        except SystemExit as end:  # of --help
            status = end.code
    if status:
        raise RuntimeError(complaint.getvalue())


TRAIN = "train", "text.txt", "-o", "out", "--min-count", 1, "--sample", 0, "--epochs", 1, "--quiet"


def interrupt(model, epoch):
    raise KeyboardInterrupt


def stopped_run(folder):
    try:
        fitted(checkpoint=folder, callbacks=[interrupt])
    except KeyboardInterrupt as error:
        return str(error)


def networkx_graph():
    return pytest.importorskip("networkx").DiGraph([("a", "b"), ("b", "c")])


def four_columns():
    return pytest.importorskip("pandas").DataFrame({name: ["x", "y"] for name in "abcd"})


def file_of(text):
    Path("given.csv").write_text(text)
    return Path("given.csv")


def checkpoint_of_text():
    if not Path("text-run").exists():
        fitted(checkpoint="text-run")
    return "text-run"


def stopped_pairs():
    if not Path("pair-run").exists():
        with pytest.raises(KeyboardInterrupt):
            model().fit_pairs(["a", "b"], ["b", "a"], checkpoint="pair-run", callbacks=interrupt)
    return "pair-run"


def raised(text):
    raise RuntimeError(text)


def evaluated(code, **names):
    return eval(code, {**PUBLIC, "negsamp": negsamp, **names})


class Own(negsamp.Objective):
    def loss(self, positive, negative, weight=1.0):
        return np.logaddexp(0, -positive) + weight * np.logaddexp(0, negative).sum(axis=-1)

    def score_gradients(self, positive, negative, weight=1.0):
        return -1 / (1 + np.exp(positive)), weight / (1 + np.exp(-negative))


# --- what is done wrong, what is said, and what is to be done

PARAMETERS = {
    f"{name}=": (
        lambda name=name: Word2Vec(**{name: 3}),
        rf"no parameter '{name}'; (?:write |leave it out)(.*)",
        lambda written: (
            evaluated(
                "Word2Vec(**SMALL)." + written.replace("path", "'text.txt'").replace("…", "[]"),
                corpus=SENTENCES,
                SMALL=SMALL,
            )
            if written.startswith("fit")
            else Word2Vec(
                **({} if written.startswith(":") else {written: written == "progress" or 3})
            )._settings()
        ),
    )
    for name in OTHER_NAMES
}

TRAINING = {
    "spelling of a parameter": (
        lambda: Word2Vec(windw=3),
        "did you mean (.*)[?]",
        lambda name: Word2Vec(**{name: 3})._settings(),
    ),
    "cbow": (lambda: Word2Vec(sg=0), "leave sg out", lambda: Word2Vec()._settings()),
    "hs": (
        lambda: Word2Vec(hs=1),
        "hierarchical softmax; choose by objective=: .*('hierarchical')",
        lambda name: model(objective=ast.literal_eval(name)).fit(SENTENCES),
    ),
    "corpus as a parameter": (
        lambda: Word2Vec(SENTENCES)._settings(),
        r"write (Word2Vec\()\)(.fit\(sentences\))",
        lambda make, fit: evaluated(f"{make}**SMALL){fit}", SMALL=SMALL, sentences=SENTENCES),
    ),
    "argument without a name": (
        lambda: fitted().fit(SENTENCES, "ignore"),
        "give other arguments by name",
        lambda: model().fit(SENTENCES, errors="ignore"),
    ),
    "another window than before": (
        lambda: fitted().set_params(window=2).partial_fit(SENTENCES),
        r"goes on with (set_params\(.*\)), and",
        lambda code: evaluated(f"m.{code}.partial_fit(c)", m=fitted(), c=SENTENCES),
    ),
    "a tree that cannot grow": (
        lambda: model(objective="hierarchical").partial_fit(SENTENCES),
        "fit all texts together, or choose (objective='sgns')",
        lambda code: [
            model(objective="hierarchical").fit(SENTENCES),
            evaluated(f"m.set_params({code}).partial_fit(c)", m=model(), c=SENTENCES),
        ],
    ),
    "noise that cannot grow": (
        lambda: model(noise=np.ones(5)).partial_fit(SENTENCES),
        "a function of the counts, such as (noise=.*)",
        lambda code: evaluated(f"m.set_params({code}).partial_fit(c)", m=model(), c=SENTENCES),
    ),
    "vectors to begin with, later": (
        lambda: fitted().partial_fit(SENTENCES, init_vectors=fitted().wv),
        r"(fit\(corpus, init_vectors=…\)) begins anew",
        lambda code: evaluated(
            "m." + code.replace("…", "kv"), m=model(), corpus=SENTENCES, kv=fitted().wv
        ),
    ),
    "not fitted": (
        lambda: Word2Vec().wv,
        r"call (fit\(corpus\)) or load\(folder\)",
        lambda call: evaluated(f"m.{call}.wv", m=model(), corpus=SENTENCES),
    ),
    "one sentence": (
        lambda: model().fit(["a", "b", "c"]),
        "a single sentence is a list in a list",
        lambda: model().fit([["a", "b", "c"]]),
    ),
    "text for a path": (
        lambda: model().fit("a b c d a b"),
        "a text goes in as a list of token lists",
        lambda: model().fit(["a b c d a b".split()]),
    ),
    "bytes": (
        lambda: model().fit([b"a b", b"b c"]),
        "decode it first",
        lambda: model().fit([line.decode() for line in [b"a b", b"b c"]]),
    ),
    "text that is not UTF-8": (
        lambda: model().fit("latin.txt"),
        "errors='(replace)' or '(ignore)' reads on",
        lambda *handlers: [model().fit("latin.txt", errors=errors) for errors in handlers],
    ),
    "patience alone": (
        lambda: fitted(patience=2),
        "patience is 2 without (validation)",
        lambda name: fitted(patience=2, **{name: 0.3}),
    ),
    "validation of one sentence": (
        lambda: model().fit([["a", "b"] * 10], validation=0.1),
        "one sentence of 20 tokens; .* takes two, or one of more than (.*) tokens",
        lambda n: [
            model().fit([["a", "b"] * k] * times, validation=0.1)
            for k, times in ((10, 2), (int(n) // 2 + 1, 1))
        ],
    ),
    "used checkpoint": (
        lambda: [fitted(checkpoint="run") for _ in "ab"],
        r"go on with (Word2Vec\.resume), or choose another folder",
        lambda code: (evaluated(code)("run", SENTENCES), fitted(checkpoint="another")),
    ),
    "no checkpoint": (
        lambda: Word2Vec.resume("empty"),
        "start it anew",
        lambda: fitted(checkpoint="empty"),
    ),
    "corpus of a run": (
        lambda: [stopped_run("stopped"), Word2Vec.resume("stopped")],
        "corpus is None, .* give it again",
        lambda: Word2Vec.resume("stopped", SENTENCES),
    ),
    "interrupted": (
        lambda: raised(stopped_run("stopped")),
        r"(Word2Vec\.resume\(.*\)) goes on from there",
        lambda code: evaluated(code.replace(")", ", corpus)"), corpus=SENTENCES),
    ),
    "init_vectors of a model": (
        lambda: fitted(init_vectors=fitted()),
        r"init_vectors is a Word2Vec.*; give its \.(wv)",
        lambda name: fitted(init_vectors=getattr(fitted(), name)),
    ),
    "normalizer of another objective": (
        lambda: model(nce_normalizer="center").fit(SENTENCES),
        "leave it (None)",
        lambda value: model(nce_normalizer=ast.literal_eval(value)).fit(SENTENCES),
    ),
    "own objective in a checkpoint": (
        lambda: model(objective=Own()).fit(SENTENCES, checkpoint="own"),
        r"train it without checkpoint, and save (wv) and (context_wv), each by its own (save)",
        lambda *names: [
            getattr(getattr(model(objective=Own()).fit(SENTENCES), name), names[-1])(name)
            for name in names[:-1]
        ],
    ),
    "score of pairs": (
        lambda: model().fit_pairs([("a", "b")]).score(SENTENCES),
        "(score_pairs) takes pairs",
        lambda name: getattr(model().fit_pairs([("a", "b")]), name)(["a"], ["b"]),
    ),
    "rare pairs": (
        lambda: model(min_count=5).fit_pairs([("a", "b", 0.5)]),
        r"(min_count)=(0) keeps all pairs",
        lambda name, value: model(**{name: int(value)}).fit_pairs([("a", "b", 0.5)]),
    ),
    "weights beside tuples": (
        lambda: model().fit_pairs([("a", "b"), ("b", "a")], weights=[1, 2]),
        "tuples hold their own weights",
        lambda: model().fit_pairs([("a", "b", 1), ("b", "a", 2)]),
    ),
    "graph for its edges": (
        lambda: model().fit_pairs(networkx_graph()),
        r"its edges are pairs: (centers\.edges\(.*\))",
        lambda code: model().fit_pairs(evaluated(code, centers=networkx_graph())),
    ),
    "matrix that is dense": (
        lambda: model().fit_pairs(np.ones((3, 4))),
        r"give (scipy\.sparse\.csr_array\(centers\))",
        lambda code: model().fit_pairs(
            evaluated(code, scipy=__import__("scipy.sparse"), centers=np.ones((3, 4)))
        ),
    ),
    "table of four columns": (
        lambda: model().fit_pairs(four_columns()),
        r"; (fit_pairs\(.*\)) takes two of its columns",
        lambda code: evaluated(code, fit_pairs=model().fit_pairs, centers=four_columns()),
    ),
    "file of pairs with a heading": (
        lambda: model().fit_pairs(file_of("user,item,n\na,b,1\n")),
        "(header)=True leaves the first line of each file out",
        lambda name: model().fit_pairs(file_of("user,item,n\na,b,1\n"), **{name: True}),
    ),
    "text in the place of pairs": (
        lambda: model().fit_pairs(file_of("a text of five words\n")),
        r"of other tables, give the columns: fit_pairs\((table)\['center'\]",
        lambda name: model().fit_pairs(["a"], ["b"]),
    ),
    "checkpoint of pairs without them": (
        lambda: negsamp.Word2Vec.resume(stopped_pairs()),
        r"give them again: (Word2Vec\.resume_pairs\(.*\))",
        lambda code: evaluated(
            code, checkpoint=stopped_pairs(), centers=["a", "b"], contexts=["b", "a"], weights=None
        ),
    ),
    "checkpoint of a text for pairs": (
        lambda: negsamp.Word2Vec.resume_pairs(checkpoint_of_text()),
        r"go on with Word2Vec\.(resume)",
        lambda name: getattr(negsamp.Word2Vec, name)(checkpoint_of_text()),
    ),
    "weights too large": (
        lambda: model().fit_pairs(["a", "b"], ["b", "a"], [1e308, 1e308]),
        "scale it down",
        lambda: model().fit_pairs(["a", "b"], ["b", "a"], np.array([1e308, 1e308]) / 1e308),
    ),
    "empty history": (
        lambda: fitted().recommend([]),
        r"For the most frequent items, write (model\..*)$",
        lambda code: evaluated(code, model=fitted())[3],
    ),
    "dense graph": (
        lambda: [*negsamp.random_walks(np.ones((3, 3)))],
        r"(scipy\.sparse\.csr_array\(graph\)) makes one of a dense matrix",
        lambda code: [
            *negsamp.random_walks(
                evaluated(code, scipy=__import__("scipy.sparse"), graph=np.ones((3, 3)))
            )
        ],
    ),
    "phrases not fitted": (
        lambda: Phrases().phrases_,
        r"call (fit\(corpus\)) or load\(path\)",
        lambda call: evaluated(f"Phrases().{call}.phrases_", corpus=SENTENCES),
    ),
}

VECTORS = {
    "unknown word": (
        lambda: fitted().wv["aa"],
        "the nearest spelling is '(.*)'",
        lambda word: fitted().wv[word],
    ),
    "model for its vectors": (
        lambda: negsamp.save_vectors(fitted(), "model.npz"),
        r"kv is a Word2Vec; .*; give its \.(wv)$",
        lambda name: negsamp.save_vectors(getattr(fitted(), name), "model.npz"),
    ),
    "post-processing of a model": (
        lambda: negsamp.all_but_the_top(fitted()),
        r"kv is a Word2Vec; .*; give its \.(wv)$",
        lambda name: negsamp.all_but_the_top(getattr(fitted(), name)),
    ),
    "post-processing of a matrix": (
        lambda: negsamp.all_but_the_top(np.eye(5)),
        r"kv is a ndarray; it must be a KeyedVectors, as (negsamp\..*) makes$",
        lambda code: negsamp.all_but_the_top(evaluated(code, words="abcde", vectors=np.eye(5))),
    ),
    "no header": (
        lambda: negsamp.load_word2vec_format("glove.txt"),
        r"is read by (load_glove_format)\)",
        lambda name: getattr(negsamp, name)("glove.txt"),
    ),
    "a header": (
        lambda: negsamp.load_glove_format(save_word2vec("v.txt", text=True)),
        "which (load_word2vec_format) reads",
        lambda name: getattr(negsamp, name)("v.txt"),
    ),
    "text as binary": (
        lambda: negsamp.load_word2vec_format(save_word2vec("v.txt", text=True), binary=True),
        r"which load_word2vec_format\(path, (binary)=(False)\) reads",
        lambda name, value: negsamp.load_word2vec_format(
            "v.txt", **{name: ast.literal_eval(value)}
        ),
    ),
    "binary as text": (
        lambda: negsamp.load_word2vec_format(save_word2vec("v.bin", text=False), binary=False),
        r"binary form, which load_word2vec_format\(path, (binary)=(True)\) reads",
        lambda name, value: negsamp.load_word2vec_format(
            "v.bin", **{name: ast.literal_eval(value)}
        ),
    ),
    "no suffix": (
        lambda: negsamp.save_word2vec_format(vectors(), "vectors"),
        "(binary)=(True) or (False) says which form it has",
        lambda name, *values: [
            negsamp.save_word2vec_format(vectors(), value, **{name: ast.literal_eval(value)})
            for value in values
        ],
    ),
    "word that comes again": (
        lambda: negsamp.load_word2vec_format("twice.txt"),
        "(on_duplicate)='(first)' leaves such rows out",
        lambda name, value: negsamp.load_word2vec_format("twice.txt", **{name: value}),
    ),
    "words that are not UTF-8": (
        lambda: negsamp.load_word2vec_format("latin.vec"),
        "errors='(replace)' or '(ignore)' reads on",
        lambda *handlers: [
            negsamp.load_word2vec_format("latin.vec", errors=errors) for errors in handlers
        ],
    ),
    "folder of something else": (
        lambda: fitted().save("full"),
        "choose another name",
        lambda: fitted().save("empty"),
    ),
}

COMMANDS = {
    "unknown option": (
        lambda: command("train", "text.txt", "-o", "out", "--windw", 3),
        r"see negsamp (.*--help)",
        lambda rest: command(*rest.split()),
    ),
    "frozen alone": (
        lambda: command(*TRAIN, "--frozen"),
        "it needs (--init-vectors) FOLDER",
        lambda option: [command(*TRAIN), command(*TRAIN, "--frozen", option, "out")],
    ),
    "options of pairs alone": (
        lambda: command(*TRAIN, "--header"),
        "argument --header: it needs (--pairs)",
        lambda option: command(
            "train", file_of("c,o\na,b\n"), *TRAIN[2:6], option, "--header", "--quiet"
        ),
    ),
    "heading of pairs": (
        lambda: command("train", file_of("c,o,n\na,b,1\n"), *TRAIN[2:6], "--pairs"),
        "(--header) leaves the first line of each file out",
        lambda option: command("train", "given.csv", *TRAIN[2:6], "--pairs", option),
    ),
    "resume alone": (
        lambda: command(*TRAIN, "--resume"),
        "it needs (--checkpoint) FOLDER",
        lambda option: command(*TRAIN, "--resume", option, "run"),
    ),
    "file that exists": (
        lambda: command("convert", save_word2vec("v.txt", text=True), "text.txt"),
        "(--force) replaces it",
        lambda option: command("convert", "v.txt", "text.txt", option),
    ),
    "other options than the run's": (
        lambda: [
            command(*TRAIN, "--checkpoint", "run"),
            command(*TRAIN, "--checkpoint", "run", "--resume", "--window", 3),
        ],
        "argument (--window): .*; leave it out to go on",
        lambda option: command(*TRAIN, "--checkpoint", "run", "--resume"),
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with the files that the cases name."""
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("\n".join(map(" ".join, SENTENCES)))
    Path("latin.txt").write_bytes("é a b\na b c\n".encode("latin-1"))
    Path("latin.vec").write_bytes("2 2\nné 1 2\na 3 4\n".encode("latin-1"))
    Path("glove.txt").write_text("a 1 2 3\nb 4 5 6\n")
    Path("twice.txt").write_text("2 2\na 1 2\na 3 4\n")
    Path("empty").mkdir()
    Path("full").mkdir()
    Path("full/note.txt").write_text("mine")


@pytest.mark.parametrize("case", [*PARAMETERS, *TRAINING, *VECTORS, *COMMANDS])
def test_advice_of_a_message_helps(case):
    wrong, pattern, advised = {**PARAMETERS, **TRAINING, **VECTORS, **COMMANDS}[case]
    with pytest.raises((Exception, KeyboardInterrupt)) as caught:
        wrong()
    message = str(caught.value)
    match = re.search(pattern, message, re.DOTALL)
    assert match, message
    advised(*match.groups())


@pytest.mark.parametrize("better", [{"min_count": 2}, {"objective": "hierarchical"}])
def test_advice_on_the_memory_of_softmax_helps(monkeypatch, better):
    monkeypatch.setattr("negsamp.training.reading.machine_memory", lambda: 51_000_000)
    corpus = [[str(k), "a", "b"] for k in range(300)]
    large = {"objective": "softmax", "vector_size": 1000, "epochs": 1}
    with pytest.raises(ValueError, match="a larger min_count or another objective needs less"):
        model(**large).fit(corpus)
    model(**{**large, **better}).fit(corpus)


@pytest.mark.usefixtures("worth_a_worker")
def test_advice_on_the_memory_that_workers_share_helps(monkeypatch):
    full = type("Usage", (), {"free": 0})
    monkeypatch.setattr("negsamp.training.shared_memory.shutil.disk_usage", lambda _: full)
    many = {"workers": 2, "batch_size": 512}
    with pytest.raises(
        OSError, match=r"workers share \d+ bytes, .*; workers=1 shares none"
    ) as told:
        model(**many).fit(SENTENCES * 500)
    advised = re.search(r"(workers)=(1)", str(told.value))
    model(**{**many, advised[1]: int(advised[2])}).fit(SENTENCES * 500)
