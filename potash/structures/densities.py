"""Densities of pure liquids, as measured."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "data" / "densities.yaml"


@cache
def densities() -> dict[str, dict[str, Any]]:
    """Give ``density`` (g/cm³), ``temperature`` (K) and ``source`` of each liquid on record, by its molecule's name."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def density(name: str) -> float | None:
    """Give the density of a pure liquid in g/cm³; None where none is on record."""
    return float(densities()[name]["density"]) if name in densities() else None
