"""What the surrogate's own choices are worth: ``python benchmarks/bands/choices.py [--starts N]``, EMT cases, minutes.

Each row changes one choice of `potash.calcs`: coordinates (Cartesian, or of even stiffness), how high the unknown is
taken to lie, and prints the force calls of each random start, ends included, and the barriers found.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ase.calculators.emt import EMT
from cases import CASES, ends, start
from rich.console import Console
from rich.table import Table

from potash.calcs import known, metric, surrogate

#: So large a floor makes every direction as stiff as any other: plain Cartesian coordinates.
CARTESIAN = 1e9
CHOICES = {
    "as it is": {},
    "Cartesian coordinates": {(metric, "FLOOR"): CARTESIAN},
    "inverse distances, not to the 3rd power": {(metric, "POWER"): 1},
    "bonds that bend freely": {(metric, "BEND"): 0.0},
    "unknown as high as the highest known": {(known, "ABOVE"): 0.0},
    "both Cartesian and not higher": {(metric, "FLOOR"): CARTESIAN, (known, "ABOVE"): 0.0},
}
OPTIONS = {"images": 7, "band_force": 0.05, "band_steps": 60, "certainty": 0.01}


class Counted(EMT):
    """EMT that counts its calls."""

    calls = 0

    def calculate(self, *words: object, **more: object) -> None:
        """Count, then compute."""
        Counted.calls += 1
        super().calculate(*words, **more)


def band(case: str, seed: int, folder: Path) -> tuple[int, float, bool]:
    """Give force calls, barrier (eV) and whether it converged."""
    initial, final = ends(case, folder)
    Counted.calls = 0
    found = surrogate.surrogate(initial, final, Counted, OPTIONS, path=start(initial, final, OPTIONS["images"], seed))
    return Counted.calls, found["energies"][found["saddle"]] - found["energies"][0], found["converged"]


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--starts", type=int, default=5, help="random starts a case")
    asked = words.parse_args()
    table = Table("case", "choice", "force calls", "barriers (eV)", "not converged")
    with tempfile.TemporaryDirectory() as folder:
        for case in (name for name, one in CASES.items() if one.engine == "emt"):
            for name, changes in CHOICES.items():
                kept = {place: getattr(*place) for place in changes}
                for (module, constant), value in changes.items():
                    setattr(module, constant, value)
                runs = [band(case, seed, Path(folder)) for seed in range(asked.starts)]
                for (module, constant), value in kept.items():
                    setattr(module, constant, value)
                barriers = sorted({round(run[1], 3) for run in runs})
                lost = sum(not run[2] for run in runs)
                table.add_row(
                    case, name, " ".join(str(run[0]) for run in runs), " ".join(map(str, barriers)), str(lost)
                )
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
