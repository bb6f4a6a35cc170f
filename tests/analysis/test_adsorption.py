"""Adsorption energies, heights and charges from relaxed sites and references."""

from typing import Any

import pytest

from potash.analysis.adsorption import REBUILT, WANDERED, height, merged, ranked, summarise, wandered
from potash.analysis.charges import METHODS
from potash.structures.adsorption import adsorb, sites
from potash.structures.encoding import decode, encode
from potash.structures.phases import phase
from potash.structures.supercells import supercell

LAYER = supercell(phase("graphene"), (3, 3, 1))
PLACES = {site.name: site for site in sites(phase("graphene"))}
NAMES = ["hollow", "bridge", "top"]
ENERGIES = {"hollow": -171.5, "bridge": -171.4, "top": -171.45}
CLEAN = {"energy": -170.0, "force": 0.01}
ATOM = {"energy": -0.2}
METAL = {
    "energy": -2.2,
    "atoms": encode(phase("K")),
    "force": 0.0,
    "shear": 0.0,
    "fit": {"energy": -2.2, "residual": 0.0},
}
SHEET = {"energy": -18.0, "atoms": encode(phase("graphene")), "force": 0.0, "fit": {"energy": -18.0, "residual": 0.0}}
LIMITS = {"force": 0.05, "stress": 0.2}


def start(name: str) -> dict[str, Any]:
    return encode(adsorb(LAYER, PLACES[name].position, "K"))


def moved(plain: dict[str, Any], by: tuple[float, float, float]) -> dict[str, Any]:
    atoms = decode(plain)
    atoms.positions[-1] += by
    return encode(atoms)


def relaxed(name: str, by: tuple[float, float, float] = (0.1, 0.0, 0.2), force: float = 0.02) -> dict[str, Any]:
    return {"atoms": moved(start(name), by), "energy": ENERGIES[name], "force": force}


def run(
    results: list[dict[str, Any]] | None = None,
    charges: Any = (),
    clean: Any = CLEAN,
    metal: Any = METAL,
    shifts: Any = (),
) -> dict[str, Any]:
    results = results or [relaxed(name) for name in NAMES]
    starts = [start(name) for name in NAMES]
    return summarise(NAMES, starts, results, clean, ATOM, [SHEET, metal], dict(charges), list(shifts), LIMITS)


def test_other_settings_shift_what_they_change_and_make_the_error() -> None:
    """The lowest site at -171.5 eV on -170; its atom at -0.2, its metal at -1.1 eV an atom."""
    assert run()["adsorption energy"].error is None
    quantities = run(
        shifts=[
            {"name": "denser k-points", "energies": {"covered": -171.52, "clean": -170.01, "metal": -2.26}},
            {"name": "higher cutoff", "energies": {"covered": -172.5, "clean": -170.98, "atom": -0.21, "metal": -2.2}},
            {"name": "wider vacuum", "energies": {"covered": -171.497, "clean": -170.0}},
        ]
    )
    expected = {"adsorption energy": (-10, -10, 3), "adsorption energy, bulk metal": (20, -20, 3)}
    for name, shifts in expected.items():
        for what, shift in zip(("denser k-points", "higher cutoff", "wider vacuum"), shifts, strict=True):
            assert quantities[f"{name}'s shift, {what}"].value == pytest.approx(shift)
        assert quantities[name].error == pytest.approx(sum(map(abs, shifts)) / 1000)
    assert quantities["adsorption energy"].value == run()["adsorption energy"].value
    assert quantities["E_ads hollow, free atom"].error is None


def test_energies_against_both_references() -> None:
    quantities = run()
    assert quantities["E_ads hollow, free atom"].value == pytest.approx(-171.5 + 170 + 0.2)
    assert quantities["E_ads hollow, bulk metal"].value == pytest.approx(-171.5 + 170 + 1.1)
    assert quantities["cohesive energy"].value == pytest.approx(-1.1 + 0.2)
    # Both references differ by the cohesive energy.
    for name in NAMES:
        apart = quantities[f"E_ads {name}, free atom"].value - quantities[f"E_ads {name}, bulk metal"].value
        assert apart == pytest.approx(quantities["cohesive energy"].value)


def test_the_lowest_site_answers() -> None:
    quantity = run()["adsorption energy"]
    assert quantity.value == pytest.approx(-1.3)
    assert "hollow" in quantity.says
    assert quantity.answers == "adsorption energy"


def test_a_reference_that_is_not_relaxed_is_told() -> None:
    quantity = run(metal={**METAL, "shear": 1.0})["adsorption energy"]
    assert [check.name for check in quantity.checks if not check.passed] == ["largest shear stress left"]


def test_heights() -> None:
    reach = 2.03 + 0.76
    assert height(start("top")) == pytest.approx(reach)
    assert height(start("hollow")) == pytest.approx((reach**2 - (2.4612 / 3**0.5) ** 2) ** 0.5, abs=1e-4)
    assert run()["height top"].value == pytest.approx(reach + 0.2)


def test_how_far_it_wandered_counts_in_the_plane_and_across_the_edge() -> None:
    first = start("hollow")
    assert wandered(first, moved(first, (0.3, 0.4, 2.0))) == pytest.approx(0.5)
    across = tuple(LAYER.cell.array[0] + [0.1, 0, 0])
    assert wandered(first, moved(first, across)) == pytest.approx(0.1)


def test_a_minimum_away_from_the_site_it_came_from_answers_and_says_so() -> None:
    results = [relaxed("hollow", by=(WANDERED + 0.01, 0, 0)), relaxed("bridge"), relaxed("top")]
    quantities = run(results)
    checks = quantities["E_ads hollow, free atom"].checks
    assert [check.name for check in checks if not check.passed] == ["move out of the site"]
    answer = quantities["adsorption energy"]
    assert answer.value == pytest.approx(-171.5 + 170.2)
    assert "from hollow, 0.51 Å away from it" in answer.says
    assert all(check.passed for check in answer.checks)
    assert quantities["adsorption energy, bulk metal"].value == pytest.approx(-171.5 + 171.1)


def carbon_moved(plain: dict[str, Any], by: float) -> dict[str, Any]:
    atoms = decode(plain)
    atoms.positions[4, 2] += by
    return encode(atoms)


@pytest.mark.parametrize("fate", ["desorbed", "reconstructed"])
def test_what_is_no_adsorbate_on_this_surface_any_more_is_left_out(fate: str) -> None:
    lost = relaxed("hollow", by=(0, 0, 3.0)) if fate == "desorbed" else relaxed("hollow")
    if fate == "reconstructed":
        lost["atoms"] = carbon_moved(lost["atoms"], REBUILT + 0.01)
    quantities = run([lost, relaxed("bridge"), relaxed("top")])
    broken = [check.name for check in quantities["E_ads hollow, free atom"].checks if not check.passed]
    assert len(broken) == 1
    assert fate in broken[0]
    assert quantities["adsorption energy"].value == pytest.approx(-171.45 + 170.2)  # the top site's
    assert "top" in quantities["adsorption energy"].says
    assert ranked([start(name) for name in NAMES], [lost, relaxed("bridge"), relaxed("top")])[0::2] == [2, 0]


def test_sites_that_relax_into_one_structure_are_named_once() -> None:
    starts = [start(name) for name in NAMES]
    results = [relaxed(name, by=(0, 0, 0)) for name in NAMES]
    assert merged(NAMES, starts, results) == {}
    # The top site slides into another hollow, two cells on: an image of the first one by symmetry.
    slid = decode(starts[0])
    slid.positions[-1] += LAYER.cell.array[0] / 3 + LAYER.cell.array[1] * 2 / 3 + [0.05, 0, 0]
    results[2] = {"atoms": encode(slid), "energy": ENERGIES["hollow"] + 0.004, "force": 0.02}
    assert merged(NAMES, starts, results) == {"top": "hollow"}
    results[2]["energy"] += 0.05
    assert merged(NAMES, starts, results) == {}


@pytest.mark.parametrize("where", ["site", "clean"])
def test_forces_that_are_left_fail(where: str) -> None:
    results = [relaxed(name, force=0.06 if where == "site" and name == "hollow" else 0.02) for name in NAMES]
    quantities = run(results, clean={**CLEAN, "force": 0.06} if where == "clean" else CLEAN)
    broken = {name for name in NAMES if not all(check.passed for check in quantities[f"height {name}"].checks)}
    assert broken == ({"hollow"} if where == "site" else set(NAMES))


def test_the_charges_are_those_of_the_adsorbate() -> None:
    charges = {
        "charges": {"charges": [-0.02] * 18 + [0.36]},
        "bader": {"charges": [-0.05] * 18 + [0.9], "astray": 0.0, "vacuum": 0.01},
    }
    quantities = run(charges=charges)
    assert quantities["charge transferred (Hirshfeld)"].value == pytest.approx(0.36)
    assert quantities["charge transferred (Bader)"].value == pytest.approx(0.9)
    assert quantities["charge transferred (Bader)"].answers == "charge transfer"
    assert all(check.passed for name in charges for check in quantities[f"charge transferred ({METHODS[name]})"].checks)
    assert not any(name.startswith("charge") for name in run())


@pytest.mark.parametrize(("found", "broken"), [
    ({"charges": [0.0] * 18 + [0.36], "astray": 0.0}, "sum of all charges"),
    ({"charges": [-0.02] * 18 + [0.36], "astray": 0.3}, "electrons at maxima away from all atoms"),
])  # fmt: skip
def test_charges_that_are_not_whole_are_told(found: dict[str, Any], broken: str) -> None:
    quantity = run(charges={"bader": found})["charge transferred (Bader)"]
    assert [check.name for check in quantity.checks if not check.passed] == [broken]
