"""Calculations that are crippled so that they fail for real, and a site for each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ase import Atoms

from potash.calcs import diagnosis
from potash.calcs.calculation import Calculation
from potash.calcs.calls import count_calls
from potash.calcs.engine import engine, protocol, sort_of
from potash.calcs.remedies import Course
from potash.calcs.site import Cores, Site
from potash.calcs.vault import Vault
from potash.calcs.worker import compute, leave
from potash.errors import CalculationFailed
from potash.structures.encoding import encode

#: Aluminium in a basis that shows faults, not energies.
COARSE = {"cutoff": 150, "kpoints": [2, 2, 2]}


def asked(
    code: str,
    *atoms: Atoms,
    task: str = "relax",
    version: str | None = None,
    options: dict[str, Any] | None = None,
    **settings: Any,
) -> Calculation:
    """Ask for a calculation; among the settings ``solver`` may forbid the engine what it needs."""
    made = engine(code)
    plain = {**protocol(code, "fast", sort_of(atoms[0])), **settings} if code != "emt" else settings
    for key in ("dipole", "dispersion", "spin", "hubbard"):
        plain.pop(key, None)
    return Calculation(
        task=task,  # type: ignore[arg-type]
        atoms=tuple(encode(each) for each in atoms),
        engine=code,
        version=version or made.version(),
        settings=made.complete(atoms[0], plain) if code != "emt" else plain,
        options={"force": 0.05, "steps": 0, **(options or {})},
    )


def site(root: Path, cores: int = 1) -> Site:
    """Make a site with a vault in a folder."""
    return Site(Vault(root), Cores(cores))


def overcome(calculation: Calculation, folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Do as a site does, in this process: give the remedies that were taken up, and the result."""
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        course = Course(calculation, folder)
        (folder / diagnosis.FILE).unlink(missing_ok=True)
        try:
            result = compute(course.applied(), folder, rank=0)
        except Exception as error:
            leave(error, folder)
            found = diagnosis.diagnose(calculation, folder, 1)
            if not course.go_on(found, count_calls(folder / "calls.xyz"), 2):
                raise CalculationFailed(found.sentence) from error
        else:
            return [f"{one.fault} {one.remedy}" for one in course.tried], result


def tried(place: Site, calculation: Calculation) -> list[str]:
    """List the remedies that were tried, each with its fault's number."""
    path = place.vault.folder(calculation.key) / "remedies.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["tried"] if path.exists() else []
    return [f"{row['fault']} {row['remedy']}" for row in rows]
