"""Coverage-guided fuzzing of every reader, by hand: `pip install atheris`, then from the checkout

    PYTHONPATH=src python tests/fuzz_atheris.py TARGET -max_total_time=300

where the target is a file of tests/golden, such as nce/model.json or vectors/v.bin, or "array". An
input that a reader treats otherwise than documented is left as a file crash-…; as the last
argument, such a file is tried again.
"""

import logging
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["negsamp", "json", "gzip", "zipfile"]):
    import oracles

    from negsamp import Word2Vec

GOLDEN = Path(__file__).parent / "golden"
TARGETS = sorted(
    path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file()
)


def main():
    target = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if target not in {*TARGETS, "array"}:
        raise SystemExit(f"the target is array or one of {', '.join(TARGETS)}")
    warnings.simplefilter("error")
    logging.disable()
    os.fsync = lambda _: None  # nothing here need outlive the machine
    home = Path(tempfile.mkdtemp(prefix="fuzz-negsamp-"))
    shutil.copytree(GOLDEN, home / "golden")
    (home / "seeds").mkdir()
    path = home / "golden" / ("nce/noise.npy" if target == "array" else target)
    shutil.copy(path, home / "seeds")
    check = oracles.check_array if target == "array" else _check_for(path, home)
    record = path.with_name("model.json")
    kept = record.read_bytes() if record.exists() else None

    def run(content):
        if kept is not None:
            record.write_bytes(kept)
        path.write_bytes(content)
        if kept is not None and path != record:
            oracles.fix_digests(path.parent)
        check(path)

    # crashes go to the current folder; the temporary one stays, for the fuzzer ends the process
    limits = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *limits, *sys.argv[1:], str(home / "seeds")], run)
    atheris.Fuzz()


def _check_for(path, home):
    kv = Word2Vec.load(GOLDEN / "sgns").wv
    if path.name in ("pairs.txt", "analogies.txt"):
        check = oracles.check_pairs if path.name == "pairs.txt" else oracles.check_analogies
        return lambda path: check(kv, path)
    if path.name in oracles.LOADERS:
        return lambda path: oracles.check_vectors(path, home / "scratch.npz")
    if path.parent.name == "v.projector":
        return lambda path: oracles.check_vectors(path.parent, home / "scratch.npz")
    if path.with_name("model.json").exists():
        return lambda path: oracles.check_model(path.parent, home / "scratch")
    return oracles.check_corpus


if __name__ == "__main__":
    main()
