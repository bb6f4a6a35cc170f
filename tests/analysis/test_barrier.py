"""Barriers from bands, and each reason for which a band is none."""

from typing import Any

import numpy as np
import pytest

from potash.analysis.barrier import checks, profile, summarise
from potash.structures.encoding import encode
from potash.structures.hops import end_points, image_of, vacancy_hops
from potash.structures.phases import phase

HOST = phase("K2Se")
HOP = vacancy_hops(HOST, "K", 4.0)[0]
ION = HOP.ion - (HOP.vacancy < HOP.ion)
MOVING = {"ion": ION, "distance": HOP.distance}
LIMITS = {"force": 0.05, "band_force": 0.08}
ENERGIES = [-50.0, -49.9, -49.7, -49.9, -50.0]


def band(**change: Any) -> dict[str, Any]:
    before, after = end_points(HOST, HOP)
    images = [before.copy() for _ in range(5)]
    for part, image in zip(np.linspace(0, 1, 5), images, strict=True):
        image.positions += part * (after.positions - before.positions)
    made = {
        "images": [encode(image) for image in images],
        "energies": ENERGIES,
        "forces": [0.03, 0.2, 0.05, 0.2, 0.03],
        "band_force": 0.06,
        "saddle": 2,
    }
    return {**made, **change}


def ends(force: float = 0.03) -> list[dict[str, Any]]:
    return [{"force": 0.01}, {"force": force}]


def moved(index: int, by: list[float]) -> list[Any]:
    images = band()["images"]
    positions = np.array(images[-1]["positions"])
    positions[index] += by
    return [*images[:-1], {**images[-1], "positions": positions.tolist()}]


def test_a_sound_band_is_a_barrier() -> None:
    quantities, status, reason = summarise(band(), ends(), MOVING, LIMITS, related=True)
    assert (status, reason) == ("done", None)
    assert {name: quantity.value for name, quantity in quantities.items()} == pytest.approx(
        {"barrier": 0.3, "barrier back": 0.3, "end points' difference": 0.0}, abs=1e-9
    )
    assert all(check.passed for quantity in quantities.values() for check in quantity.checks)
    assert quantities["barrier"].unit == "eV"


def test_forward_and_back() -> None:
    energies = [-50.0, -49.9, -49.7, -49.75, -49.8]
    assert profile(band(energies=energies)) == pytest.approx((0.3, 0.1, 0.2))
    quantities, status, _ = summarise(band(energies=energies), ends(), MOVING, LIMITS, related=False)
    assert status == "done"
    assert quantities["barrier back"].value == pytest.approx(0.1)


BROKEN: dict[str, dict[str, Any]] = {
    "force on the relaxed end points": {"ends": ends(0.051)},
    "force on the band's end points": {"forces": [0.03, 0.2, 0.05, 0.2, 0.076]},
    "lowest image above the end points": {"energies": [-50.0, -50.011, -49.7, -49.9, -50.0]},
    "force on the climbing image": {"forces": [0.03, 0.02, 0.081, 0.02, 0.03]},
    "force on the band": {"band_force": 0.081},
    "saddle above both end points": {"energies": [-50.0, -49.9, -49.7, -49.69, -49.695], "related": False},
    "part of the hop that the ion travels": {"images": moved(ION, (0.21 * np.array(HOP.vector)).tolist())},
    "farthest move of another atom": {"images": moved((ION + 1) % 11, [HOP.distance / 2 + 0.01, 0, 0])},
    "energy difference of equivalent end points": {"energies": [-50.0, -49.9, -49.7, -49.9, -49.989]},
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_condition_makes_it_no_barrier(name: str) -> None:
    change = dict(BROKEN[name])
    related = change.pop("related", True)
    relaxations = change.pop("ends", ends())
    quantities, status, reason = summarise(band(**change), relaxations, MOVING, LIMITS, related=related)
    assert status == "no barrier"
    assert all(quantity.value is None for quantity in quantities.values())
    broken = [check.name for check in quantities["barrier"].checks if not check.passed]
    assert broken == [name]
    assert reason is not None
    assert reason.startswith(f"{name}: ")
    assert "limit" in reason


def test_a_gain_just_inside_the_limits_passes() -> None:
    energies = [-50.0, -50.009, -49.7, -49.9, -49.991]
    _, status, _ = summarise(band(energies=energies), ends(0.05), MOVING, LIMITS, related=True)
    assert status == "done"


def test_end_points_that_symmetry_does_not_relate_may_differ() -> None:
    names = [check.name for check in checks(band(), ends(), MOVING, LIMITS, related=False)]
    assert "energy difference of equivalent end points" not in names


def test_a_hop_across_the_cell_is_a_short_move() -> None:
    """The ion travels its hop, wherever the atoms are wrapped."""
    images = band()["images"]
    last = np.array(images[-1]["positions"])
    last[ION] += HOST.cell.array[0]
    last[0 if ION else 1] -= HOST.cell.array[1]
    across = [*images[:-1], {**images[-1], "positions": last.tolist()}]
    _, status, reason = summarise(band(images=across), ends(), MOVING, LIMITS, related=True)
    assert (status, reason) == ("done", None)


def test_what_is_no_number_is_no_barrier() -> None:
    quantities, status, _ = summarise(band(band_force=float("nan")), ends(), MOVING, LIMITS, related=True)
    assert status == "no barrier"
    assert quantities["barrier"].value is None


def test_several_reasons_are_all_told() -> None:
    _, _, reason = summarise(band(band_force=1.0), ends(1.0), MOVING, LIMITS, related=True)
    assert reason is not None
    assert "force on the relaxed end points" in reason
    assert "force on the band" in reason


def test_the_carried_end_point_passes_as_the_other_end() -> None:
    before, after = end_points(HOST, HOP)
    relaxed = before.copy()
    relaxed.positions += np.random.default_rng(0).normal(scale=0.05, size=before.positions.shape)
    carried = image_of(relaxed, before, after, HOST)
    assert carried is not None
    images = [encode(relaxed), *band()["images"][1:-1], encode(carried)]
    _, status, reason = summarise(band(images=images), ends(), MOVING, LIMITS, related=True)
    assert (status, reason) == ("done", None)
