"""Desolvation and dissociation: sums of given energies, and Hess's law between them."""

from __future__ import annotations

from typing import Any

import pytest

from potash.analysis.desolvation import partings

ENERGIES = {"K+": 1.0, "S": -10.0, "X-": -20.0, "K+(X-)": -25.0, "K+(S)(X-)": -35.5, "K+(S)2(X-)": -45.8,
            "K+(S)": -9.9, "K+(S)2": -20.6}  # fmt: skip
PAIR: dict[str, Any] = {
    "ion": "K+",
    "anion": "X-",
    "anions": 1,
    "series": [{"S": 0}, {"S": 1}, {"S": 2}],
    "names": ["K+(X-)", "K+(S)(X-)", "K+(S)2(X-)"],
    "stripped": ["K+", "K+(S)", "K+(S)2"],
    "around": "in vacuum",
}


def found(**changed: Any) -> dict[str, float]:
    checks: dict[str, Any] = dict.fromkeys(ENERGIES, ())
    return {name: one.value or 0.0 for name, one in partings(PAIR | changed, ENERGIES, checks)}


def test_of_an_ion_pair() -> None:
    numbers = found()
    assert numbers["desolvation energy"] == pytest.approx(-25.0 - 2 * 10.0 + 45.8)
    assert numbers["desolvation energy of the last molecule"] == pytest.approx(-35.5 - 10.0 + 45.8)
    assert numbers["dissociation energy K+(X-)"] == pytest.approx(1.0 - 20.0 + 25.0)
    assert numbers["dissociation energy K+(S)2(X-)"] == pytest.approx(-20.6 - 20.0 + 45.8)


def test_a_cycle_closes() -> None:
    """Solvent first, then the anion, or the anion first, then the solvent: Hess's law."""
    pair = found()
    bare = found(anion=None, names=["K+", "K+(S)", "K+(S)2"], stripped=[])
    assert pair["desolvation energy"] + pair["dissociation energy K+(X-)"] == pytest.approx(
        pair["dissociation energy K+(S)2(X-)"] + bare["desolvation energy"]
    )


def test_several_anions_all_leave() -> None:
    energies = ENERGIES | {"K+(X-)2": -44.0}
    only = PAIR | {"anions": 2, "series": [{"S": 0}], "names": ["K+(X-)2"], "stripped": ["K+"]}
    ((name, one),) = partings(only, energies, dict.fromkeys(energies, ()))
    assert name == "dissociation energy K+(X-)2"
    assert one.value == pytest.approx(1.0 - 40.0 + 44.0)


def test_what_was_not_computed_is_not_told() -> None:
    """A single shell of an ion pair: neither the pair without solvent nor the next smaller shell is known."""
    assert found(series=[{"S": 2}], names=["K+(S)2(X-)"], stripped=[]) == {}
    assert "desolvation energy" in found(anion=None, series=[{"S": 2}], names=["K+(S)2"], stripped=[])
    assert "desolvation free energy" in dict(partings(PAIR, ENERGIES, dict.fromkeys(ENERGIES, ()), "free "))
