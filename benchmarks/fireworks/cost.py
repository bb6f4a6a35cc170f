"""What FireWorks costs a study: core-milliseconds to add it to a LaunchPad, and to look where it stands.

``python -m benchmarks.fireworks.cost [NUMBER ...]``: so many studies each; the server is that of the tests (mongomock behind
MongoDB's wire protocol), in the same process, and its part is counted too.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from fireworks import LaunchPad

from potash.campaign import load
from potash.workflows.build import build
from potash.workflows.fireworks import add, parcels, workflow
from potash.workflows.ledger import Ledger
from potash.workflows.pull import pull
from tests.mongodb.server import running


def cost(number: int, folder: Path) -> tuple[float, float]:
    """Measure with so many studies, in core-seconds: adding, looking."""
    lines = [f"  - {{kind: bulk, phase: Cu, strain: {0.01 + index * 1e-6:.6f}}}\n" for index in range(number)]
    file = folder / "c.yaml"
    file.write_text("campaign: c\nengine: emt\nstudies:\n" + "".join(lines))
    flows = build(load(file))
    about: dict[str, Any] = {"project": "p", "vault": str(folder)}
    with running() as mongo:
        pad = LaunchPad("127.0.0.1", mongo.port, "fw", strm_lvl="ERROR")
        pad.reset("", require_password=False)
        began = time.process_time()
        add(pad, parcels(flows, folder), "p", lambda parcel: workflow(parcel, flows, {}, about))
        added = time.process_time()
        ledger = Ledger(folder, make=True)
        ledger.begin("c", file, [(name, "bulk") for name in flows], {})
        before = time.process_time()
        pull(pad, "p", folder, ledger, {})
        looked = time.process_time()
        ledger.close()
    return added - began, looked - before


def main() -> None:
    """Print the table; the first line's studies pay for the imports too, so a small one goes before."""
    warnings.simplefilter("ignore")
    print("studies  add, ms a study  look, ms a study")
    for number in (5, *map(int, sys.argv[1:] or ("50", "200", "800"))):
        with tempfile.TemporaryDirectory() as folder:
            added, looked = cost(number, Path(folder))
        print(f"{number:7}  {1000 * added / number:15.2f}  {1000 * looked / number:16.2f}", flush=True)


if __name__ == "__main__":
    main()
