"""What a prior is worth: ``python benchmarks/bands/priors.py [--cases …] [--starts N]``, EMT cases.

The prior is EMT itself with other elements in the place of those that hop (`MISTAKEN`): wrong in energies, lengths and
stiffness, as a learned potential is, and cheap. Printed are the engine's and the prior's calls of each random start: without a
prior; where its error is learned on an interpolated first path; and where the first path is relaxed on it as well, as
`potash.calcs.surrogate` does.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from cases import CASES, ends, start
from rich.console import Console
from rich.table import Table

from potash.calcs import surrogate

#: What the prior takes each element for.
MISTAKEN = {"Al-Au": {"Au": "Ag"}, "Pt-heptamer": {"Pt": "Pd"}, "Cu-vacancy": {"Cu": "Ni"}}
OPTIONS = {"images": 7, "band_force": 0.05, "band_steps": 60, "certainty": 0.01}


class Counted(Calculator):
    """EMT that counts its calls, with some elements taken for others."""

    implemented_properties = ["energy", "free_energy", "forces"]  # noqa: RUF012  (ASE declares it so)

    def __init__(self, mistaken: dict[str, str]) -> None:
        super().__init__()
        self.mistaken, self.calls = mistaken, 0

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Count, then compute."""
        super().calculate(atoms, properties, system_changes)
        self.calls += 1
        other = self.atoms.copy()
        other.symbols = [self.mistaken.get(symbol, symbol) for symbol in other.symbols]
        other.calc = EMT()
        energy = other.get_potential_energy()
        self.results = {"energy": energy, "free_energy": energy, "forces": other.get_forces()}


def interpolated(known: Any, path: Any, options: Any) -> np.ndarray:
    """Begin on the path as it is."""
    return np.array([known.place(image) for image in path])


#: Whether there is a prior, and how the first path is made.
WAYS = {
    "none": (False, interpolated),
    "its error learned": (True, interpolated),
    "first path on it, error learned": (True, surrogate._begun),
}


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--cases", nargs="*", choices=[*MISTAKEN], default=[*MISTAKEN], metavar="CASE")
    words.add_argument("--starts", type=int, default=5, help="random starts a case")
    asked = words.parse_args()
    table = Table("case", "prior", "force calls", "of the prior", "barriers (eV)", "not converged")
    with tempfile.TemporaryDirectory() as folder:
        for case in asked.cases:
            assert CASES[case].engine == "emt"
            initial, final = ends(case, Path(folder))
            for name, (learned, begun) in WAYS.items():
                surrogate._begun = begun
                runs = []
                for seed in range(asked.starts):
                    truth, prior = Counted({}), Counted(MISTAKEN[case])
                    path = start(initial, final, OPTIONS["images"], seed)
                    found = surrogate.surrogate(
                        initial, final, lambda truth=truth: truth, OPTIONS, path, prior if learned else None
                    )
                    height = found["energies"][found["saddle"]] - found["energies"][0]
                    runs.append((truth.calls, prior.calls, round(height, 3), found["converged"]))
                calls, others, heights, converged = zip(*runs, strict=True)
                told = (" ".join(map(str, row)) for row in (calls, others, sorted(set(heights))))
                table.add_row(case, name, *told, str(converged.count(False)))
    Console(width=170).print(table)


if __name__ == "__main__":
    main()
