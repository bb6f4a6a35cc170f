"""Dielectric constants of continuum solvents: by name, by number, or of a mixture."""

from __future__ import annotations

from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from potash.errors import BadInput, near, shown

NONE = "none"
#: How the parts of a mixture are counted.
BY = ("volume", "mole")
#: No liquid has a larger one.
LARGEST = 1000.0


@cache
def table() -> dict[str, dict[str, Any]]:
    """Give ``dielectric``, ``temperature`` (K) and ``source`` of each solvent on record."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("solvents.yaml").read_text("utf-8"))
    return found


def dielectric(solvent: Any) -> float | None:
    """Give the dielectric constant of a solvent.

    Parameters
    ----------
    solvent
        ``none``; a name, as ``EC``; the constant itself, of at least 1; or parts by volume, as ``{EC: 3, EMC: 7}``,
        by mole with ``by: mole``. A mixture has the mean of its parts' constants weighted by volume, the
        volumes taken as additive: a first approximation, which overestimates mixtures of very unlike solvents.
        Constants and densities stand at the temperatures of their files, 293 to 313 K.

    Returns
    -------
    float or None
        None for no solvent.

    Raises
    ------
    BadInput
        If a solvent is not known, or a number is none of a liquid.
    """
    if solvent == NONE:
        return None
    if isinstance(solvent, str):
        return _known(solvent)
    if isinstance(solvent, dict):
        return _mixed(solvent)
    if isinstance(solvent, bool) or not isinstance(solvent, int | float) or not 1 <= solvent <= LARGEST:
        raise BadInput(
            f"the setting 'solvent' must be none, a solvent's name, a dielectric constant of at least 1, "
            f"or parts by volume as {{EC: 3, EMC: 7}}, not {shown(str(solvent), 60)}"
        )
    return float(solvent)


def _mixed(parts: dict[Any, Any]) -> float:
    parts = dict(parts)
    by = parts.pop("by", BY[0])
    if by not in BY:
        raise BadInput(f"a mixture's parts are given by volume or by mole, not by '{shown(str(by), 30)}'")
    amounts = list(parts.values())
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in amounts)
    if not amounts or not numbers or not all(isfinite(each) and each > 0 for each in amounts):
        raise BadInput("a mixture names its solvents with numbers greater than 0, as {EC: 3, EMC: 7}")
    constants = [_known(str(name)) for name in parts]
    if by == "mole":
        amounts = [each * _molar_volume(str(name)) for name, each in parts.items()]
    whole = sum(each * constant for each, constant in zip(amounts, constants, strict=True))
    return float(whole / sum(amounts))


def _known(name: str) -> float:
    if name not in table():
        hint = "" if _is_molecule(name) else near(name, table())
        raise BadInput(f"no dielectric constant is on record for '{shown(name, 60)}'{hint}; give the number itself")
    return float(table()[name]["dielectric"])


def _is_molecule(name: str) -> bool:
    """Say whether a name is that of a molecule: then no other was meant."""
    from potash.structures.components import component

    try:
        component(name)
    except BadInput:
        return False
    return True


def _molar_volume(name: str) -> float:
    """Give the volume of a mole of a solvent in cm³."""
    from potash.structures.densities import densities
    from potash.structures.molecules import molecule

    return float(molecule(name).get_masses().sum() / densities()[name]["density"])
