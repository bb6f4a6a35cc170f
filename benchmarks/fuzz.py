"""Fuzz every reader of users' files: ``python benchmarks/fuzz.py MINUTES [FOLDER]`` (needs ``pip install atheris``).

libFuzzer mutates the corpus in ``tests/hostile`` by what code each input reaches. An input that is not taken, and not refused in one
sentence either, or that takes longer than `SLOW`, goes to FOLDER (else ``findings``), one of each kind; the count is printed at the end.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
with atheris.instrument_imports(include=["potash", "yaml", "ase.io"]):
    from tests.hostile.readers import GOOD, is_a_sentence, refusal

SUFFIXES = (".yaml", *GOOD)
#: An input that takes longer is a finding, in seconds of the processor.
SLOW = 20.0
MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
FOUND = Path(sys.argv[2] if len(sys.argv) > 2 else "findings")
END = time.monotonic() + 60 * MINUTES
COUNTS: Counter[str] = Counter()
KINDS: set[str] = set()


def one(data: bytes) -> None:
    """Hand one input in; its first letter says to which reader."""
    if time.monotonic() > END:
        finish()
    if not data:
        return
    suffix = SUFFIXES[data[0] % len(SUFFIXES)]
    began, kind = time.process_time(), ""
    try:
        said = refusal("campaign" if suffix == ".yaml" else "structure", f"a{suffix}", data[1:])
        if said is not None and not is_a_sentence(said):
            kind = "not one sentence"
    except Exception as error:  # what escapes a reader is what is looked for
        where = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}"
    if time.process_time() - began > SLOW:
        kind = kind or "slow"
    COUNTS[suffix] += 1
    if kind and kind not in KINDS:
        KINDS.add(kind)
        FOUND.mkdir(exist_ok=True)
        (FOUND / f"{hashlib.sha256(data).hexdigest()[:8]}{suffix}").write_bytes(data[1:])
        print(f"FOUND {kind}", flush=True)


def finish() -> None:
    """Say how many inputs there were, and end; libFuzzer knows no other way."""
    shutil.rmtree(SEEDS, ignore_errors=True)
    print(
        f"{sum(COUNTS.values())} inputs in {MINUTES:g} min: {dict(COUNTS)}; {len(KINDS)} kinds of findings", flush=True
    )
    os._exit(bool(KINDS))


SEEDS = Path(f"/tmp/potash-fuzz.{os.getpid()}")


def seed() -> None:
    """Write the corpus as libFuzzer wants it: the reader's letter before each file."""
    SEEDS.mkdir()
    good = [(f"good{suffix}", text.encode()) for suffix, text in GOOD.items()]
    files = [*(ROOT / "tests/hostile/corpus/campaign").iterdir(), *(ROOT / "tests/hostile/corpus/structure").iterdir()]
    for name, content in [*good, *((path.name, path.read_bytes()) for path in files)]:
        if (suffix := Path(name).suffix) in SUFFIXES:
            (SEEDS / name).write_bytes(bytes([SUFFIXES.index(suffix)]) + content)


if __name__ == "__main__":
    seed()
    atheris.Setup([sys.argv[0], "-max_len=4096", "-timeout=300", "-rss_limit_mb=8000", "-verbosity=0", str(SEEDS)], one)
    atheris.Fuzz()
