"""Theoretical capacities as every textbook has them; products that are none are refused."""

from collections import Counter
from typing import Any

import pytest

from potash.analysis.capacity import FARADAY, summarise, uptake
from potash.structures.encoding import encode
from potash.structures.phases import phase

LIMITS = {"force": 0.05, "stress": 0.2}


def cell(name: str, **change: Any) -> dict[str, Any]:
    atoms = phase(name, primitive=True)
    made = {"atoms": encode(atoms), "volume": float(atoms.get_volume()), "force": 0.01, "shear": 0.01, "energy": -1.0}
    return {**made, "fit": {"energy": -1.0, "residual": 0.0}, **change}


def test_faraday() -> None:
    assert pytest.approx(26801.4814, rel=1e-8) == FARADAY


@pytest.mark.parametrize(
    ("host", "product", "ion", "capacity"),
    [
        ("Sb", "K3Sb-hexagonal", "K", 660.4),
        ("Sb", "K3Sb-cubic", "K", 660.4),
        ("Se-trigonal", "K2Se", "K", 678.8),
        ("Bi", "K3Bi-hexagonal", "K", 384.7),
        ("P-black", "K3P", "K", 2595.9),
        ("Sn-beta", "KSn", "K", 225.8),
        ("Sb", "Na3Sb", "Na", 660.4),
        ("KSb2", "K3Sb-hexagonal", "K", 474.2),
    ],
)
def test_capacity(host: str, product: str, ion: str, capacity: float) -> None:
    quantities = summarise(cell(host), cell(product), ion, LIMITS)
    assert quantities["capacity"].value == pytest.approx(capacity, abs=0.06)
    assert quantities["capacity"].unit == "mAh/g"


def test_volumes() -> None:
    quantities = summarise(cell("Sb"), cell("K3Sb-hexagonal"), "K", LIMITS)
    host, product = phase("Sb"), phase("K3Sb-hexagonal")
    ratio = (product.get_volume() / 2) / (host.get_volume() / 6)  # a volume per antimony atom each
    assert quantities["volume change"].value == pytest.approx(100 * (ratio - 1))
    assert 350 < 100 * ratio < 650
    density = 6 * 121.76 / host.get_volume() * 1.66053907
    assert quantities["volumetric capacity"].value == pytest.approx(660.4 * density, rel=1e-4)


def test_the_cells_chosen_are_no_matter() -> None:
    large = phase("K3Sb-cubic").repeat((2, 1, 1))
    other = cell("K3Sb-cubic", atoms=encode(large), volume=float(large.get_volume()))
    one = summarise(cell("Sb"), cell("K3Sb-cubic"), "K", LIMITS)
    two = summarise(cell("Sb"), other, "K", LIMITS)
    assert {name: quantity.value for name, quantity in one.items()} == pytest.approx(
        {name: quantity.value for name, quantity in two.items()}
    )


@pytest.mark.parametrize(
    ("host", "product"),
    [
        ({"Sb": 1}, {"K": 2, "Se": 1}),
        ({"Sb": 1}, {"K": 3, "Sb": 1, "O": 1}),
        ({"Sb": 1, "O": 1}, {"K": 3, "Sb": 1}),
        ({"Bi": 1, "Sb": 1}, {"K": 3, "Bi": 2, "Sb": 1}),
        ({"K": 3, "Sb": 1}, {"Sb": 1}),
        ({"K": 3, "Sb": 1}, {"K": 1, "Sb": 1}),
        ({"K": 3, "Sb": 1}, {"K": 6, "Sb": 2}),
        ({"K": 1}, {"K": 3}),
    ],
)
def test_a_product_that_is_not_the_host_with_more_of_the_ion(host: dict[str, int], product: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="product"):
        uptake(Counter(host), Counter(product), "K")


def test_uptake_counts_ions_of_the_whole_host() -> None:
    assert uptake(Counter(Sb=6), Counter(K=3, Sb=1), "K") == 18
    assert uptake(Counter(K=4, Sb=8), Counter(K=6, Sb=2), "K") == 20


@pytest.mark.parametrize("which", [0, 1])
def test_cells_that_are_not_relaxed_fail_the_volumes_alone(which: int) -> None:
    cells = [cell("Sb"), cell("K3Sb-hexagonal")]
    cells[which]["force"] = 0.06
    quantities = summarise(*cells, "K", LIMITS)
    failed = {name for name, quantity in quantities.items() if not all(check.passed for check in quantity.checks)}
    assert failed == {"volume change", "volumetric capacity"}
