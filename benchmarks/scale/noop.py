"""No-op calculations through potash: one force call of one atom each, the rest is potash.

``python noop.py COUNT`` prints the seconds that they took from the first job to the last: wall, and of processors.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from ase.build import bulk
from jobflow import Flow
from rich.console import Console

from potash.calcs.site import Cores, Site
from potash.calcs.vault import Vault
from potash.show.progress import Progress
from potash.structures.encoding import encode
from potash.workflows import here
from potash.workflows.jobs import calculate
from potash.workflows.ledger import Ledger
from potash.workflows.store import SqliteStore

RECIPE = {"engine": "emt", "protocol": "fast", "settings": {}, "task": "relax", "options": {"steps": 0}}


def flows(count: int) -> dict[str, Flow]:
    """Make so many graphs of one calculation each, no two alike."""
    atoms = [bulk("Cu", a=3.5 + 0.2 * number / count) for number in range(count)]
    jobs = [calculate(RECIPE, [encode(one)], f"s{number}: copper") for number, one in enumerate(atoms)]
    return {f"s{number}": Flow([job], output=job.output, name=f"s{number}") for number, job in enumerate(jobs)}


def main(count: int, folder: Path) -> dict[str, float]:
    """Run them on one core as `potash run` does, with ledger, store and progress."""
    ledger = Ledger(folder, make=True)
    graphs = flows(count)
    ledger.begin("no-op", folder, [(name, "none") for name in graphs], {})
    about = {name: {"kind": "none", "engine": "emt", "protocol": "fast", "version": ""} for name in graphs}
    began, before = time.monotonic(), _processors()
    with Progress(Console(file=io.StringIO()), ledger, {}, 1, float(count)) as progress:
        site = Site(Vault(folder / "vault"), Cores(1), progress.listen)
        here.run(graphs, site, SqliteStore(folder / "jobs.sqlite"), ledger, about)
    taken = {"wall": time.monotonic() - began, "processors": _processors() - before}
    results = [json.loads(path.read_text()) for path in (folder / "vault").glob("*/*/result.json")]
    assert len(results) == count
    return {**taken, "calls": sum(result["core_seconds"] for result in results)}


def _processors() -> float:
    used = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(main(int(sys.argv[1]), Path(place))))
