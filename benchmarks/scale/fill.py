"""`potash run` on a large campaign, in which every calculation is over at once.

Everything is potash's own but the computing: jobs, vault, leases, events, ledger, summaries, report. The first results
are computed in this process with EMT, by the worker's own function; the others are given one of these, since what is
measured is potash, which does not look into them.
"""

from __future__ import annotations

import itertools
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from potash.calcs.calculation import Calculation
from potash.calcs.lease import Lease
from potash.calcs.site import Event, Site
from potash.calcs.worker import compute
from potash.show import project

#: So many results are computed.
COMPUTED = 20


@dataclass
class Filler(Site):
    """A place where a calculation is over as soon as it is begun."""

    computed: list[dict[str, Any]] = field(default_factory=list)
    number: itertools.count[int] = field(default_factory=itertools.count)
    alone: threading.Lock = field(default_factory=threading.Lock)

    def _watch(self, calculation: Calculation, lease: Lease, label: str, cores: int) -> int:
        self.listen(Event(label, calculation, "running", 0))
        number = next(self.number)
        with self.alone:
            if len(self.computed) < COMPUTED:
                self.computed.append(compute(calculation, lease.folder, rank=0))
        self.vault.finish(calculation.key, self.computed[number % len(self.computed)])
        return 0


if __name__ == "__main__":
    project.Site = Filler  # type: ignore[misc]
    sys.exit(project.run_here(Path(sys.argv[1]), Path(sys.argv[2]), 2, None, None))
