"""Levels of shells by population: closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from potash.analysis.shell_levels import summarise


def cluster(label: str, population: float, charge: int = 0, error: float = 0.0) -> dict[str, Any]:
    molecules = [("K+", 1), ("DME", 2), ("FSI-", 1)]
    return {"label": label, "population": population, "error": error, "charge": charge, "molecules": molecules}


def level(lumo: float, carriers: list[float] | None = None) -> dict[str, Any]:
    settings = {"functional": "B3LYP", "basis": "def2-SVPD", "dielectric": 7.2}
    return {"homo": -8.0, "lumo": lumo, "carriers": carriers, "settings": settings, "engine": "pyscf"}


def told(clusters: list[dict[str, Any]], shells: list[dict[str, Any]]) -> Any:
    return summarise(clusters, {"geometry": "given", "shells": shells, "relaxed": []})


def test_the_mean_and_the_lowest_tenth_are_those_of_the_population() -> None:
    found = told([cluster("a", 0.6), cluster("b", 0.3), cluster("c", 0.02)], [level(-1.0), level(-2.0), level(-5.0)])
    values = {name: quantity.value for name, quantity in found.quantities.items()}
    assert values["LUMO of the shells"] == pytest.approx((0.6 * -1 + 0.3 * -2 + 0.02 * -5) / 0.92)
    assert values["LUMO of the lowest tenth"] == -2.0, "c holds a fiftieth of the ions alone"
    assert found.quantities["LUMO of the shells"].error is None
    assert "samples: 3 gives one" in found.notes[-1]


def test_the_error_covers_the_truth_as_often_as_it_says() -> None:
    """Two kinds whose shells scatter by 0.3 eV: the mean is known to its own interval in 95 of 100 cases."""
    random = np.random.default_rng(4)
    clusters = [cluster("a", 0.5)] * 4 + [cluster("b", 0.4)] * 3
    truth = (0.5 * -1.0 + 0.4 * -2.0) / 0.9
    inside = 0
    for _ in range(1000):
        lumos = [*random.normal(-1, 0.3, 4), *random.normal(-2, 0.3, 3)]
        mean = told(clusters, [level(lumo) for lumo in lumos]).quantities["LUMO of the shells"]
        inside += abs(mean.value - truth) < mean.error
    assert 930 <= inside <= 970


def test_errors_of_populations_move_the_mean() -> None:
    clusters = [cluster("a", 0.5, error=0.1)] * 2 + [cluster("b", 0.5)] * 2
    found = told(clusters, [level(-1.0), level(-1.0), level(-2.0), level(-2.0)])
    assert found.quantities["LUMO of the shells"].error == pytest.approx(0.1 * 0.5)


def test_carriers_are_summed_by_species() -> None:
    found = told(
        [cluster("a", 0.6), cluster("b", 0.2)], [level(-1.0, [0.1, 0.2, 0.3, 0.4]), level(-1.0, [0.5, 0.5, 0.0, 0.0])]
    )
    shares = {name: quantity.value for name, quantity in found.quantities.items() if name.startswith("LUMO on")}
    assert shares["LUMO on DME"] == pytest.approx(50)
    assert shares["LUMO on FSI-"] == pytest.approx(30)
    assert shares["LUMO on K+"] == pytest.approx(20)
    assert list(shares) == ["LUMO on DME", "LUMO on FSI-", "LUMO on K+"], "the largest first"


def test_a_shell_that_an_engine_fails_at_is_left_out_and_named() -> None:
    found = told([cluster("a", 0.6), cluster("b", 0.3)], [level(-1.0), {"reason": "b: it did not converge (F014)"}])
    assert found.quantities["LUMO of the shells"].value == -1.0
    assert "60 % of the ions" in found.quantities["LUMO of the shells"].says
    assert any("b: it did not converge" in note for note in found.notes)
    none = told([cluster("a", 0.6)], [{"reason": "no"}])
    assert none.notes == ("No shell has levels.", "no")


def test_charged_shells_in_the_vacuum_are_warned_of() -> None:
    bare = level(-1.0) | {"settings": {"functional": "B3LYP", "basis": "x", "dielectric": None}}
    found = told([cluster("a", 0.6, charge=1)], [bare])
    assert any("moves all levels of a shell by electronvolts" in note for note in found.notes)
