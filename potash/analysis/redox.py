"""Potentials of electron transfer against Li, Na and K."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

#: What a number rests on.
WARNING = (
    "Potentials from differences of electronic energies: no zero-point and thermal parts, and nothing that follows the electron "
    "(broken bonds, ions, surfaces). The absolute potential of the hydrogen electrode, 4.44 V, "
    "and the metals' potentials hold in water (doi:10.1351/pac198658070955, doi:10.1063/1.555839); in another solvent all "
    "potentials against one metal move together, by tenths of a volt."
)
VACUUM = (
    "No continuum was asked for (settings: {solvent: EC}, say): potentials of ions in vacuum are off by electronvolts."
)


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("electrodes.yaml").read_text(encoding="utf-8"))
    return table


def absolute(metal: str) -> float:
    """Give the absolute potential (V) of a metal in contact with its ion, Li, Na or K."""
    return float(_table()["hydrogen"] + _table()["metals"][metal])


def potentials(oxidised: float, reduced: float) -> dict[str, float]:
    """Give the potential of a couple that one electron changes.

    Parameters
    ----------
    oxidised, reduced
        Energies of both forms in eV; that of the electron is zero at rest in vacuum.

    Returns
    -------
    dict
        In V, against Li/Li⁺, Na/Na⁺ and K/K⁺: E = (G(oxidised) − G(reduced))/e − E(absolute).
    """
    return {metal: oxidised - reduced - absolute(metal) for metal in _table()["metals"]}
