"""Barriers from bands: a real one passes, and each way in which it can be spoilt makes it none."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ase.units import kB

from potash.analysis.barrier import attempt, below, profile, summarise
from potash.analysis.curvature import modes
from potash.calcs.engine import protocol
from tests import direct

LIMITS = protocol("tasks", "fast", "crystal")
Found = dict[str, Any]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, Found]:
    """A hop of a vacancy in EMT's copper, computed; beside it a larger cell; and with the whole cell's curvatures."""
    folder = tmp_path_factory.mktemp("sound")
    path = folder / "c.yaml"
    path.write_text(
        "campaign: c\nengine: emt\nstudies:\n"
        "  - {kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3, shell: neighbours, sensitivities: true}\n"
        "  - {kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3, shell: cell}\n"
    )
    near, whole = direct.run(path, direct.Direct(folder / "vault")).values()
    return near.given[1], whole.given[1]


@pytest.fixture(scope="module")
def sound(both: tuple[Found, Found]) -> Found:
    return both[0]


@pytest.fixture(scope="module")
def whole(both: tuple[Found, Found]) -> Found:
    return both[1]


def band(found: Found) -> Any:
    return found["crossing"]["band"]


def energy(image: int, above: float) -> Callable[[Found], None]:
    """Put an image so far above the initial end point."""

    def change(found: Found) -> None:
        band(found)["energies"][image] = band(found)["energies"][0] + above

    return change


def move(atom: str, share: float) -> Callable[[Found], None]:
    """Move an atom of the final image by a share of the hop, across it for another one, back for the ion."""

    def change(found: Found) -> None:
        ion = found["hop"]["moving"][0]
        first, last = (np.array(band(found)["images"][place]["positions"]) for place in (0, -1))
        step = last[ion] - first[ion]
        last[ion if atom == "ion" else ion + 1] += share * step * (-1 if atom == "ion" else 1)
        band(found)["images"][-1]["positions"] = last.tolist()

    return change


def curvature(place: int, shift: float, along: int = 0) -> Callable[[Found], None]:
    """Shift one principal curvature."""

    def change(found: Found) -> None:
        hessian = np.array(found["bent"][place]["hessian"])
        vector = np.linalg.eigh(hessian)[1][:, along]
        found["bent"][place]["hessian"] = (hessian + shift * np.outer(vector, vector)).tolist()

    return change


def put(value: Any, *keys: Any) -> Callable[[Found], None]:
    def change(found: Found) -> None:
        for key in keys[:-1]:
            found = found[key]
        found[keys[-1]] = value

    return change


def across(found: Found) -> None:
    """Turn the path's direction away from the hop."""
    tangent = np.array(band(found)["tangent"])
    ion = found["hop"]["moving"][0]
    tangent[:] = 0
    tangent[ion] = np.cross(np.array(band(found)["tangent"])[ion], [1.0, 2.0, 4.0])
    band(found)["tangent"] = tangent.tolist()


def other_end(found: Found) -> None:
    """Let the relaxed end points differ otherwise than the band's."""
    found["hop"]["related"] = False
    found["ends"] = [found["ends"][0], {**found["ends"][0], "energy": found["ends"][0]["energy"] + 0.0101}]


def strayed(found: Found) -> None:
    """Let the hop have been meant to lead elsewhere, as far away as where it led."""
    start, end = np.array(found["hop"]["built"])
    turned = np.linalg.norm(end - start) * np.array([[0.0, 0.0, 1.0]])
    found["hop"]["built"] = [start.tolist(), (start + turned).tolist()]


def flipped(found: Found) -> None:
    """Give the atoms moments of which one changes from an end point to the saddle."""
    still = [0.0] * len(band(found)["images"][0]["symbols"])
    images: list[Any] = [None] * len(band(found)["images"])
    images[0], images[4], images[-1] = still, [*still[:-1], 0.51], still
    band(found)["moments"] = images


def off_the_fit(found: Found) -> None:
    """Let the host's cell have been found higher than its fit."""
    cell = found["cells"][0]
    cell["energy"] = cell["fit"]["energy"] + 2.01e-3 * len(cell["atoms"]["symbols"])


#: By the check that must fail, alone: what is done to the result.
SPOILT: dict[str, Callable[[Found], None]] = {
    "largest force left, host's cell": put(0.051, "cells", 0, "force"),
    "largest shear stress left, host's cell": put(0.31, "cells", 0, "shear"),
    "residual of the fit, host's cell": put(0.0041, "cells", 0, "fit", "residual"),
    "energy at the minimum against the fit, host's cell": off_the_fit,
    "force on the relaxed end points": put(0.051, "ends", 0, "force"),
    "force on the band's end points": put(0.076, "crossing", "band", "forces", -1),
    "energy difference of equivalent end points": energy(-1, -0.0101),
    "forward less backward barrier, less the end points' difference": other_end,
    "lowest curvature at the initial end point": curvature(0, -10),
    "band converged": put(False, "crossing", "band", "converged"),
    "lowest image above the end points": energy(1, -0.011),
    "force on the band": put(0.081, "crossing", "band", "band_force"),
    "jump of the energy that forces do not explain": put(0.051, "crossing", "band", "rough"),
    "standard deviation of the path's energies": put(0.051, "crossing", "band", "spread", 2),
    "force on the climbing image": put(0.081, "crossing", "band", "forces", 4),
    "asymmetry of the curvatures": put(0.31, "bent", -1, "asymmetry"),
    "lowest curvature at the saddle": curvature(-1, 10),
    "second lowest curvature at the saddle": curvature(-1, -10, along=1),
    "part of the way down that points along the path": across,
    "part of the hop that the ion travels": move("ion", 0.25),
    "distance of the ion from where it was put": strayed,
    "change of an atom's magnetic moment along the path": flipped,
    "farthest move of another atom": move("other", 0.53),
}


def test_a_sound_band_is_a_barrier(sound: Found) -> None:
    quantities, status, reason = summarise(sound, LIMITS)
    assert (status, reason) == ("done", None)
    made = quantities["barrier"]
    assert made.value == pytest.approx(0.79, abs=0.01)
    assert {check.name for check in made.checks} == set(SPOILT) - {
        "forward less backward barrier, less the end points' difference",
        "change of an atom's magnetic moment along the path",
    } | {"saddle above both end points", "path between the images above the saddle"}
    assert all(check.passed for quantity in quantities.values() for check in quantity.checks)
    assert quantities["barrier back"].value == pytest.approx(made.value)
    assert band(sound)["saddle"] == 4


@pytest.mark.parametrize("name", SPOILT)
def test_each_broken_condition_makes_it_no_barrier(sound: Found, name: str) -> None:
    spoilt = copy.deepcopy(sound)
    SPOILT[name](spoilt)
    quantities, status, reason = summarise(spoilt, LIMITS)
    failed = [check.name for check in quantities["barrier"].checks if not check.passed]
    # Two downward curvatures: the order of the two decides which one points along the path.
    assert name in failed
    assert set(failed) <= {name} | (
        {"part of the way down that points along the path"} if "curvature" in name else set()
    )
    assert status == "no barrier"
    assert reason is not None
    assert f"{name}: " in reason
    assert "(limit " in reason
    for key in ("barrier", "barrier back", "end points' difference"):
        assert quantities[key].value is None
    assert quantities["barrier"].error is None
    assert "attempt frequency" not in quantities


def test_a_saddle_that_is_none(sound: Found) -> None:
    """Downhill all the way, and a path that runs above its highest image."""
    spoilt = copy.deepcopy(sound)
    energies = band(spoilt)["energies"]
    spoilt["hop"]["related"] = False
    spoilt["ends"] = [sound["ends"][0], {**sound["ends"][0], "energy": energies[0] + 1.0}]
    energies[-1] = energies[0] + 1.0
    assert "saddle above both end points: -0.20" in str(summarise(spoilt, LIMITS)[2])
    spoilt = copy.deepcopy(sound)
    curve = band(spoilt)["curve"]
    curve["energies"][5] = energies_at_top = band(spoilt)["energies"][4]
    curve["spread"][5] = 0.0105  # two standard deviations are one hundredth above the limit
    assert "path between the images above the saddle: 0.021 eV (limit 0.02)" in str(summarise(spoilt, LIMITS)[2])
    curve["energies"][5] = energies_at_top - 0.002
    assert summarise(spoilt, LIMITS)[1] == "done"


@pytest.mark.parametrize("keys", [("band_force",), ("rough",), ("energies", 4), ("forces", 4)])
def test_what_is_no_number_is_no_barrier(sound: Found, keys: tuple[Any, ...]) -> None:
    spoilt = copy.deepcopy(sound)
    put(float("nan"), "crossing", "band", *keys)(spoilt)
    assert summarise(spoilt, LIMITS)[1] == "no barrier"
    assert summarise(spoilt, LIMITS)[0]["barrier"].value is None


def test_a_saddle_whose_force_was_not_computed_is_none(sound: Found) -> None:
    spoilt = copy.deepcopy(sound)
    band(spoilt)["forces"][4] = None
    assert "computed places that are the highest of the path: 0" in str(summarise(spoilt, LIMITS)[2])


def test_several_reasons_are_all_told(sound: Found) -> None:
    spoilt = copy.deepcopy(sound)
    for name in ("force on the band", "force on the relaxed end points"):
        SPOILT[name](spoilt)
    reason = str(summarise(spoilt, LIMITS)[2])
    assert "force on the relaxed end points: 0.051 eV/Å (limit 0.05); force on the band: 0.081 eV/Å" in reason


def test_the_error_is_the_sum_of_the_shifts(sound: Found) -> None:
    one = sound["shifts"][0]
    more = {**sound, "shifts": [{**one, "shift": 0.01}, None, {**one, "name": "higher cutoff", "shift": -0.03}]}
    quantities, _, _ = summarise(more, LIMITS)
    assert quantities["barrier"].error == pytest.approx(0.04)
    assert quantities["barrier's shift, higher cutoff"].value == pytest.approx(-30)
    assert quantities["barrier's shift, higher cutoff"].unit == "meV"
    assert summarise({**sound, "shifts": []}, LIMITS)[0]["barrier"].error is None


def test_prefactor_and_rate(sound: Found) -> None:
    quantities, _, _ = summarise(sound, LIMITS)
    prefactor = attempt(sound)
    assert prefactor is not None
    assert 1e12 < prefactor < 1e13
    assert quantities["attempt frequency"].value == pytest.approx(prefactor / 1e12)
    barrier = profile(band(sound))[0]
    assert quantities["hop rate"].value == pytest.approx(prefactor * np.exp(-barrier / (kB * 300)))
    assert attempt(sound, place=1) == prefactor, "end points that symmetry relates vibrate alike"
    for place, shift, along in ((0, -10, 0), (-1, -10, 1), (-1, 10, 0)):
        spoilt = copy.deepcopy(sound)
        curvature(place, shift, along)(spoilt)
        assert attempt(spoilt) is None
    assert attempt({**sound, "bent": [None, None]}) is None
    stiff = copy.deepcopy(sound)
    stiff["bent"].insert(1, {**sound["bent"][0], "hessian": (4 * np.array(sound["bent"][0]["hessian"])).tolist()})
    modes = len(sound["bent"][0]["hessian"])
    assert attempt(stiff) == pytest.approx(prefactor)
    assert attempt(stiff, place=1) == pytest.approx(2**modes * prefactor)


def test_where_a_band_falls_below_its_ends(sound: Found) -> None:
    assert below(band(sound)) is None
    lower = copy.deepcopy(band(sound))
    energies = lower["energies"]
    energies[6] = energies[0] - 0.009
    assert below(lower) is None, "no more than the noise of forces"
    energies[6], energies[1] = energies[0] - 0.02, energies[0] - 0.015
    assert below(lower) == 6
    lower["converged"] = False
    assert below(lower) is None
    energies[0] -= 0.1
    lower["converged"] = True
    assert below(lower) is None, "one end point lies lower still"


def test_from_a_deeper_site_a_part_of_the_hop_is_left(sound: Found) -> None:
    followed = copy.deepcopy(sound)
    move("ion", 0.5)(followed)
    assert summarise(followed, LIMITS)[1] == "no barrier"
    energy = sound["ends"][0]["energy"]
    followed["crossing"]["lower"] = [{"force": 0.01, "was": "final", "energy": energy}]
    quantities, status, _ = summarise(followed, LIMITS)
    assert status == "done"
    assert "above the deeper site" in quantities["barrier"].says
    # The band runs from the deeper site to the end point beyond the saddle.
    for was, above in (("final", 0.011), ("initial", 0.011)):
        wrong = copy.deepcopy(followed)
        wrong["crossing"]["lower"] = [{"force": 0.01, "was": was, "energy": energy + above}]
        assert "less the end points' difference" in str(summarise(wrong, LIMITS)[2])
    followed["crossing"]["lower"][0]["force"] = 0.06
    assert "force on the relaxed end points" in str(summarise(followed, LIMITS)[2])


def test_curvatures_of_the_whole_cell_leave_its_translations_out(whole: Found) -> None:
    quantities, status, reason = summarise(whole, LIMITS)
    assert (status, reason) == ("done", None)
    checks = {check.name: check.value for check in quantities["barrier"].checks}
    assert checks["curvature of all atoms moved together"] < 1e-6
    assert checks["lowest curvature at the initial end point"] > 1.0, "none of the three that are zero"
    assert checks["second lowest curvature at the saddle"] > 1.0
    assert "all free atoms of the cell" in quantities["attempt frequency"].says
    # Vineyard's product by another way: the three smallest of each are the translations.
    products = []
    for bent, down in ((whole["bent"][0], 0), (whole["bent"][-1], 1)):
        frequencies = modes(bent["hessian"], bent["masses"])[0]
        still = np.argsort(np.abs(frequencies))[:3]
        assert np.abs(frequencies[still]).max() < 0.01
        products.append(np.log(np.delete(frequencies, still)[down:]).sum())
    assert attempt(whole) == pytest.approx(1e12 * np.exp(products[0] - products[1]), rel=1e-4)


@pytest.mark.parametrize(("noise", "reason"), [(0.09, None), (-0.11, "curvature of all atoms moved together: 0.11")])
def test_forces_that_hold_the_cell_in_its_place_are_noise(noise: float, reason: str | None, whole: Found) -> None:
    spoilt = copy.deepcopy(whole)
    held = np.array(spoilt["bent"][0]["hessian"])
    count = len(held) // 3
    held += noise / count * np.kron(np.ones((count, count)), np.eye(3))
    spoilt["bent"][0]["hessian"] = held.tolist()
    quantities, status, told = summarise(spoilt, LIMITS)
    assert (status, told) == ("done", None) if reason is None else reason in str(told)
    assert attempt(spoilt) == pytest.approx(attempt(whole), rel=1e-6)
    assert len(quantities["barrier"].checks) == len(summarise(whole, LIMITS)[0]["barrier"].checks)
