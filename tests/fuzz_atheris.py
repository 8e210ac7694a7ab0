"""Coverage-guided fuzzing of every reader, by hand: `pip install atheris`, then from the checkout

    PYTHONPATH=src python tests/fuzz_atheris.py TARGET -max_total_time=300

with a target of those below. An input that a reader treats otherwise than documented is left as a
file crash-…; as the last argument, such a file is tried again.
"""

import logging
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["negsamp", "json", "gzip"]):
    import oracles

    from negsamp import Word2Vec

GOLDEN = Path(__file__).parent / "golden"
MODEL_FILES = {
    "record": ("nce", "model.json"),
    "vocabulary": ("sgns", "vocabulary.txt"),
    "words": ("sgns", "words.json"),
    "vectors": ("nce", "vectors.npy"),
    "normalizers": ("nce", "log_z.npy"),
    "noise": ("nce", "noise.npy"),
}
FILES = {
    "array": "nce/noise.npy",
    "pairs": "pairs.txt",
    "analogies": "analogies.txt",
    "text": "corpus.txt",
    "gzip": "corpus.txt.gz",
}
VECTORS = sorted({*oracles.LOADERS} - {"v.projector"})
FILES |= {name: f"vectors/{name}" for name in VECTORS}


def main():
    target = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if target not in {*MODEL_FILES, *FILES}:
        raise SystemExit(f"the target is one of {', '.join([*MODEL_FILES, *FILES])}")
    warnings.simplefilter("error")
    logging.disable()
    os.fsync = lambda _: None  # nothing here need outlive the machine
    home = Path(tempfile.mkdtemp(prefix="fuzz-negsamp-"))
    shutil.copytree(GOLDEN, home / "golden")
    seeds = home / "seeds"
    seeds.mkdir()
    source = home / "golden" / ("/".join(MODEL_FILES.get(target, ())) or FILES[target])
    shutil.copy(source, seeds)
    check = _model_check(source, home) if target in MODEL_FILES else _file_check(target, home)

    def run(content):
        check(content)

    # crashes go to the current folder; the temporary one stays, for the fuzzer ends the process
    limits = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *limits, *sys.argv[1:], str(seeds)], run)
    atheris.Fuzz()


def _model_check(path, home):
    record = path.parent / "model.json"
    kept = record.read_bytes()

    def check(content):
        record.write_bytes(kept)
        path.write_bytes(content)
        if path != record:
            oracles.fix_digests(path.parent)
        return oracles.check_model(path.parent, home / "scratch")

    return check


def _file_check(target, home):
    kv = Word2Vec.load(GOLDEN / "sgns").wv
    path = home / (target if target in VECTORS else "file")
    checks = {
        "array": oracles.check_array,
        "pairs": lambda path: oracles.check_pairs(kv, path),
        "analogies": lambda path: oracles.check_analogies(kv, path),
    }
    for name in VECTORS:
        checks[name] = lambda path: oracles.check_vectors(path, home / "scratch.npz")

    def check(content):
        path.write_bytes(content)
        return checks.get(target, oracles.check_corpus)(path)

    return check


if __name__ == "__main__":
    main()
