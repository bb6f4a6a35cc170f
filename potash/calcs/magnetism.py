"""The settings ``spin`` and ``hubbard``: what they do to the atoms, and what of them decides a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from potash.calcs.engine import Settings
from potash.errors import BadInput, near
from potash.structures.magnetism import open_shell, polarised, unpolarised

if TYPE_CHECKING:
    from ase import Atoms

AUTO, NONE = "auto", "none"


def completed(structures: list[Atoms], settings: Settings) -> tuple[list[Atoms], Settings]:
    """Put the moments on the atoms, and leave out of the settings what does not concern these.

    Parameters
    ----------
    structures
        All of a calculation, of the same elements. Moments of their own (a magnetic order, a free atom) stay.
    settings
        ``spin``: ``auto`` or ``none``; ``hubbard``: U in eV by element, or ``auto`` and ``none``, both for nothing:
        which elements need it is decided for a whole study. Engines without these settings have none of it.
    """
    rest = {key: value for key, value in settings.items() if key not in ("spin", "hubbard")}
    if "spin" in settings and open_shell(structures[0]):
        turned = unpolarised if settings["spin"] == NONE else polarised
        structures = [turned(atoms) for atoms in structures]
        rest["spin"] = settings["spin"]
    asked = settings.get("hubbard", NONE)
    if isinstance(asked, dict) and (own := {key: u for key, u in asked.items() if key in structures[0].symbols and u}):
        rest["hubbard"] = own
    return structures, rest


def known(key: str, value: Any) -> None:
    """Refuse what cannot be a value of ``spin`` or ``hubbard``."""
    if isinstance(value, str) and value not in (AUTO, NONE):
        raise BadInput(f"unknown value '{value}' of the setting '{key}'{near(value, [AUTO, NONE])}")
    if isinstance(value, str):
        return
    if key == "spin" or not isinstance(value, dict) or not all(_is_u(*pair) for pair in value.items()):
        example = "" if key == "spin" else ", or a mapping of elements to U in eV, as {Ni: 6.2}"
        raise BadInput(f"the setting '{key}' must be auto or none{example}, not {value}")


def _is_u(symbol: Any, value: Any) -> bool:
    from ase.data import atomic_numbers

    number = isinstance(value, int | float) and not isinstance(value, bool)
    return symbol in atomic_numbers and number and 0 <= value < 20
