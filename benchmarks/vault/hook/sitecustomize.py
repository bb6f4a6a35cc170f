"""What the trial's processes are given: a clock that jumps, and EMT that takes its time and counts real force calls."""

import os
import sys
import time
from pathlib import Path

CLOCK = Path(os.environ["TRIAL_CLOCK"])
LOG = os.environ["TRIAL_LOG"]
PAUSE = 0.15

_true = time.time


def _time() -> float:
    return _true() + float(CLOCK.read_text() or 0)


time.time = _time

if "potash.calcs.worker" in sys.orig_argv:
    from ase.calculators.emt import EMT

    whole = EMT.calculate

    def calculate(self, atoms=None, *arguments, **named):
        """Compute, slowly, and write down that it was done."""
        folder = Path.cwd()
        late = (folder / "result.json").exists()
        time.sleep(PAUSE)
        whole(self, atoms, *arguments, **named)
        line = f"{folder.name} {int(late)} {float(self.results['energy'])!r} {float(self.atoms.get_volume())!r}\n"
        file = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, line.encode())
        os.close(file)

    EMT.calculate = calculate
