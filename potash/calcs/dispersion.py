"""Grimme's dispersion correction, added to any engine's energies, forces and stresses (the library s-dftd3)."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

from potash.calcs.engine import Settings
from potash.errors import BadInput, near

if TYPE_CHECKING:
    from ase import Atoms

#: The corrections by name, with the library's names of their dampings.
METHODS = {"D3(BJ)": "d3bj", "D3(0)": "d3zero"}
NONE = "none"


def completed(settings: Settings) -> Settings:
    """Leave a correction out where none is asked for, or name its version, which decides the result too.

    Raises
    ------
    BadInput
        For one that is not known, not installed, or has no parameters for the functional.
    """
    asked = settings.get("dispersion", NONE)
    rest = {key: value for key, value in settings.items() if key != "dispersion"}
    if asked == NONE:
        return rest
    known(asked)
    try:
        version = metadata.version("dftd3")
    except metadata.PackageNotFoundError:
        raise BadInput(
            "the dispersion correction needs dftd3: pip install dftd3 (or ask for none: settings: {dispersion: none})"
        ) from None
    _parameters(asked, settings["functional"])
    return {**rest, "dispersion": f"{asked}, dftd3 {version}"}


def known(asked: str) -> None:
    """Refuse the name of a correction that there is not."""
    if asked not in (*METHODS, NONE):
        raise BadInput(f"unknown dispersion correction '{asked}'{near(asked, [*METHODS, NONE])}")


def _parameters(method: str, functional: str) -> None:
    from dftd3.interface import RationalDampingParam, ZeroDampingParam

    damping: Any = {"d3bj": RationalDampingParam, "d3zero": ZeroDampingParam}[METHODS[method]]
    try:
        damping(method=functional)
    except RuntimeError:
        raise BadInput(f"{method} has no parameters for the functional {functional}; known is PBE, say") from None


class Dispersion:
    """The correction for one kind of settings.

    Parameters
    ----------
    settings
        Complete, with a correction in them.
    """

    def __init__(self, settings: Settings) -> None:
        from dftd3.ase import DFTD3

        method = str(settings["dispersion"]).split(",")[0]
        self.model: Any = DFTD3(method=settings["functional"], damping=METHODS[method])

    def __call__(self, atoms: Atoms, results: dict[str, Any]) -> dict[str, Any]:
        """Add the correction to an engine's results for these atoms (eV, eV/Å, eV/Å³); moments and the like stay."""
        found = {"energy": self.model.get_potential_energy(atoms), "forces": self.model.get_forces(atoms)}
        found["free_energy"] = found["energy"]
        if "stress" in results:
            found["stress"] = self.model.get_stress(atoms)
        return results | {key: results[key] + value for key, value in found.items() if key in results}


def of(settings: Settings) -> Dispersion | None:
    """Give the correction that complete settings ask for."""
    return Dispersion(settings) if "dispersion" in settings else None
