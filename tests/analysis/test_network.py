"""Networks of computed hops: an adatom on copper (111), whose hops lead from fcc to hcp sites and on."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from ase.units import kB

from potash.analysis.barrier import attempt
from potash.analysis.network import notes, summarise
from potash.analysis.result import stand_beside
from potash.calcs.engine import protocol
from potash.structures.hops import Hops, find_hops
from potash.structures.phases import phase
from potash.structures.supercells import supercell
from potash.workflows.hop import hops_of
from tests import direct
from tests.analysis.test_figures import LIMITS as SMOOTH
from tests.analysis.test_figures import crossed

LIMITS = protocol("tasks", "fast", "slab")
Given = dict[str, Any]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> direct.Done:
    folder = tmp_path_factory.mktemp("surface")
    path = folder / "n.yaml"
    path.write_text(
        "campaign: n\nengine: emt\nstudies:\n"
        "  - {kind: network, mechanism: adatom, host: Cu, ion: Cu, facet: [1, 1, 1], layers: 3, supercell: [3, 3],"
        " sites: [hollow], cutoff: 3}\n"
    )
    (done,) = direct.run(path, direct.Direct(folder / "vault")).values()
    return done


@pytest.fixture
def given(study: direct.Done) -> Given:
    """Give what the analysis is given, to spoil."""
    _, recipe, found, orbits, carriers = copy.deepcopy(study.given[:5])
    hops: Hops = hops_of(recipe)
    return {
        "hops": hops,
        "found": found,
        "sites": {orbit: carrier["energy"] for orbit, carrier in zip(orbits, carriers, strict=True)},
        "cell": hops.host.cell.array,
        "limits": LIMITS,
        "temperature": 300.0,
    }


def test_two_sites_that_alternate(study: direct.Done, given: Given) -> None:
    """On a honeycomb of two kinds of sites D = 3/2 d² k k' / (k + k'): the longer hops rest on the way and are no own ones."""
    quantities, status, _, data = summarise(**given)
    assert status == "done"
    kinds = data["kinds"]
    assert [(kind["from"], kind["to"]) for kind in kinds[:3]] == [
        ("hollow-1", "hollow-2"),
        ("hollow-1", "hollow-1"),
        ("hollow-2", "hollow-2"),
    ]
    assert [kind["rests"] for kind in kinds[:3]] == [False, True, True]
    one = kinds[0]
    rates = [
        one[f"prefactor{back}"] * np.exp(-one[way] / (kB * 300))
        for back, way in (("", "forward"), (" back", "backward"))
    ]
    flat = given["hops"].host.cell.lengths()[0] / 3**0.5
    expected = 1.5 * flat**2 * rates[0] * rates[1] / (rates[0] + rates[1]) * 1e-16
    assert quantities["diffusivity"].value == pytest.approx(expected, rel=1e-6)
    assert quantities["diffusivity along x"].value == pytest.approx(quantities["diffusivity along y"].value)
    assert "diffusivity along z" not in quantities
    assert "percolating barrier along c" not in quantities
    highest = max(one["forward"], one["backward"])
    assert quantities["percolating barrier"].value == pytest.approx(highest)
    notes = "\n".join(study.result["notes"])
    assert "On hop 2 the carrier rests" in notes
    assert "Not converged" in notes


def test_a_hop_that_is_no_barrier_is_left_out_and_told(study: direct.Done, given: Given) -> None:
    *_, data = summarise(**given)
    last = data["kinds"][3]
    assert last["forward"] is None
    assert "second lowest curvature at the saddle" in last["reason"]
    assert study.result["quantities"]["hop 4"]["value"] is None
    assert any(
        note.startswith("Hop 4 (hollow-1 to hollow-2) is no barrier and left out") for note in study.result["notes"]
    )
    assert any(not check["passed"] for check in last["checks"])


def test_prefactors_of_two_ways_between_the_same_sites_need_not_agree(given: Given) -> None:
    """Each way tells the sites' vibrations from atoms of its own: half of the misfit goes to either."""
    alone = summarise(**given)[0]["diffusivity"].value
    given["found"][3] = copy.deepcopy(given["found"][0])
    both = summarise(**given)[0]["diffusivity"].value
    hessian = np.array(given["found"][3]["bent"][1]["hessian"])
    given["found"][3]["bent"][1]["hessian"] = (1.1 * hessian).tolist()
    uneven = summarise(**given)[0]["diffusivity"].value
    assert alone is not None
    assert both is not None
    # The way of 2.95 Å leads on twice as far as that of 1.48 Å, as often, at the same rate: four times as much.
    assert both == pytest.approx(5 * alone, rel=1e-6)
    assert 0.8 * both < uneven < 1.25 * both
    assert uneven != pytest.approx(both)


def test_a_hop_over_a_deeper_site_is_none_of_the_network(given: Given) -> None:
    for kind in (1, 2):
        depth = given["found"][kind]["ends"][0]["energy"] - 1.0
        given["found"][kind]["crossing"]["lower"] = [{"energy": depth, "force": 0.01, "was": "initial"}]
    quantities, status, _, data = summarise(**given)
    assert status == "done"
    assert [kind["forward"] is None for kind in data["kinds"]] == [False, True, True, True]
    assert "it passes a site 1.000 eV deeper than its initial end point" in data["kinds"][1]["reason"]
    assert quantities["percolating barrier"].value is not None


def test_hops_that_rest_count_where_no_others_lead_on(given: Given) -> None:
    given["found"][0]["crossing"]["band"]["converged"] = False
    quantities, status, _, _ = summarise(**given)
    assert status == "done"
    assert quantities["percolating barrier"].value == pytest.approx(0.046, abs=0.004)
    assert quantities["diffusivity"].value is not None


def test_without_any_barrier_there_is_no_network(given: Given) -> None:
    for each in given["found"]:
        each["crossing"]["band"]["band_force"] = 1.0
    quantities, status, reason, data = summarise(**given)
    assert status == "no barrier"
    assert reason is not None
    assert reason.startswith("the hops that are barriers lead nowhere (hop 1: force on the band: 1 eV/Å (limit 0.08)")
    assert quantities["percolating barrier"].value is None
    assert "diffusivity" not in quantities
    assert data["bottleneck"] == []


def test_without_prefactors_there_is_no_diffusivity(given: Given) -> None:
    for each in given["found"]:
        each["bent"][-1] = None
    quantities, status, _, _ = summarise(**given)
    assert status == "done"
    assert "diffusivity" not in quantities
    assert quantities["percolating barrier"].value is not None


def flat(given: Given, kind: int, place: int) -> None:
    """Make an end point as flat along its softest direction as the check of a minimum lets pass."""
    bent = given["found"][kind]["bent"][place]
    values, vectors = np.linalg.eigh(np.array(bent["hessian"]))
    values[0] = 0.005
    bent["hessian"] = (vectors * values @ vectors.T).tolist()


@pytest.mark.parametrize(("place", "way"), [(0, "forwards"), (1, "backwards")])
def test_a_flat_end_point_leaves_no_rate_and_is_told(given: Given, place: int, way: str) -> None:
    flat(given, 0, place)
    quantities, status, _, data = summarise(**given)
    assert status == "done"
    assert attempt(given["found"][0], place=1 - place) is not None
    assert quantities["percolating barrier"].value is not None
    assert "diffusivity" not in quantities
    assert "activation energy" not in quantities
    told = "\n".join(notes(data))
    assert f"no diffusivity without the rate of hop 1 (hollow-1 to hollow-2): {way} no prefactor: the minimum" in told
    assert "its lowest are 0.005 eV/Å²; what lies within 0.01 of zero is neither up nor down" in told


def test_a_hop_that_rests_needs_no_prefactor(given: Given) -> None:
    whole = summarise(**given)[0]["diffusivity"].value
    flat(given, 1, 0)
    quantities, _, _, data = summarise(**given)
    assert data["kinds"][1]["rests"]
    assert data["kinds"][1]["prefactor"] is None
    assert quantities["diffusivity"].value == whole
    assert "no diffusivity" not in "\n".join(notes(data))


def smooth(heights: tuple[float, ...], errors: tuple[float, ...] = (0.0, 0.0), cutoff: float = 5.6) -> Given:
    """The vacancies of potassium selenide: along the cube's edges, and across its faces."""
    host = phase("K2Se")
    hops = find_hops(host, "K", "vacancy", cutoff)
    found = [crossed(hops, kind, supercell(host, (2, 2, 2)), height) for kind, height in enumerate(heights)]
    for each, error in zip(found, errors, strict=False):
        each["shifts"] = [{"name": "larger cell", "shift": -error}]
    return {
        "hops": hops, "found": found, "sites": {0: 0.0}, "cell": host.cell.array, "limits": SMOOTH, "temperature": 300.0,
    }  # fmt: skip


def test_one_kind_of_hop_gives_its_error_to_all() -> None:
    """D ~ exp(-E/kT): an error of E is one of the activation energy, and a factor of D."""
    quantities, *_ = summarise(**smooth((0.3,), (0.02,), cutoff=4.0))
    assert quantities["percolating barrier"].error == pytest.approx(0.02)
    assert quantities["activation energy"].error == pytest.approx(0.02, rel=1e-3)
    for name in ("diffusivity", "diffusivity along x"):
        found = quantities[name]
        assert found.value is not None
        assert found.error == pytest.approx(found.value * (np.exp(0.02 / (kB * 300)) - 1), rel=1e-3)
        assert "within a factor of 2.2" in found.says
    assert {check.name for check in quantities["diffusivity"].checks} >= {"hop 1: band converged"}
    assert quantities["percolating barrier"].relation == quantities["diffusivity"].relation == "="


def test_two_kinds_of_hops_share_their_errors_by_their_parts_of_the_diffusivity() -> None:
    """On one kind of site D = D1 + D2, so that its logarithm follows each barrier as far as that hop carries."""
    both, one = (summarise(**smooth(heights, errors))[0] for heights, errors in (
        ((0.3, 0.31), (0.02, 0.05)), ((0.3, 3.0), (0.0, 0.0))
    ))  # fmt: skip
    whole, first = both["diffusivity"].value, one["diffusivity"].value
    assert whole is not None
    assert first is not None
    part = first / whole
    expected = (part * 0.02 + (1 - part) * 0.05) / (kB * 300)
    assert both["diffusivity"].error == pytest.approx(whole * (np.exp(expected) - 1), rel=1e-3)
    assert both["percolating barrier"].error == pytest.approx(0.02), "the second hop is not on the way"


def test_without_errors_of_the_hops_there_is_none() -> None:
    given = smooth((0.3, 0.45))
    given["found"][0]["shifts"] = []
    quantities, *_ = summarise(**given)
    for name in ("percolating barrier", "diffusivity", "activation energy"):
        assert quantities[name].value is not None
        assert quantities[name].error is None
        assert quantities[name].checks


def test_a_refused_hop_that_might_be_lower_makes_the_barrier_a_bound() -> None:
    given = smooth((0.3, 0.45), (0.02, 0.02))
    given["found"][0]["crossing"]["band"]["converged"] = False
    quantities, status, *_ = summarise(**given)
    assert status == "done"
    found = quantities["percolating barrier"]
    assert (found.value, found.relation) == (pytest.approx(0.45), "<=")
    assert found.says.endswith("; no higher than this: hop 1, refused, might be lower")
    assert quantities["diffusivity"].relation == ">="
    assert quantities["activation energy"].relation == "~"
    (row,) = stand_beside(("A016",), quantities)
    assert row.value == 0.14
    assert row.verdict == "not comparable"
    assert "only known to be no higher than this" in row.says


def test_a_refused_hop_over_a_deeper_site_leaves_the_barrier_open() -> None:
    given = smooth((0.3, 0.45))
    given["found"][1]["crossing"]["lower"] = [{"energy": -0.2, "force": 0.01, "was": "initial"}]
    quantities, *_ = summarise(**given)
    assert quantities["percolating barrier"].relation == "~"
    assert quantities["diffusivity"].relation == "~"
    given["sites"] = {0: -1.0}
    assert summarise(**given)[0]["percolating barrier"].relation == "=", "a stop above the way changes nothing"


def test_sites_without_a_hop_are_left_out_and_told() -> None:
    host = phase("K3Sb-hexagonal")
    hops = find_hops(host, "K", "vacancy", 3.925)  # those from K1 are of 3.945 Å
    assert {site.name for site in hops.sites} == {"K1", "K2"}
    assert {site.name for site in hops.linked().sites} == {"K2"}
    large = supercell(host, (2, 2, 1))
    found = [crossed(hops, kind, large, 0.3) for kind in range(len(hops.kinds))]
    orbit = hops.sites[hops.kinds[0].start].orbit
    given = {"hops": hops, "found": found, "cell": host.cell.array, "limits": SMOOTH, "temperature": 300.0}
    quantities, status, reason, data = summarise(**given, sites={orbit: -3.0})  # type: ignore[arg-type]
    assert status == "done", reason
    assert {site["name"] for site in data["sites"]} == {"K2"}
    assert quantities["percolating barrier"].value == pytest.approx(0.3)
    assert "No hop within the cutoff reaches the sites K1: they are left out" in notes(data)[0]


def test_a_site_where_hops_only_end_has_the_energy_of_that_end() -> None:
    """In a cell that is longer along one axis alone the other lithium's site is not carried over, and no hop starts there."""
    host = phase("Li2Sb")
    hops = find_hops(host, "Li", "vacancy", 3.2)
    large = supercell(host, (2, 2, 2))
    found = [crossed(hops, kind, large, 0.5) for kind in range(len(hops.kinds))]
    starts = {hops.sites[hop.start].orbit for hop in hops.kinds}
    only = {hops.sites[hop.end].orbit for hop in hops.kinds} - starts
    assert len(only) == 1
    for hop, each in zip(hops.kinds, found, strict=True):
        ends = hops.sites[hop.end].orbit in only
        each["ends"] = [{"force": 0.01, "energy": -40.0}, {"force": 0.01, "energy": -39.9 if ends else -40.0}]
    given = {"hops": hops, "found": found, "cell": host.cell.array, "limits": SMOOTH, "temperature": 300.0}
    *_, data = summarise(**given, sites=dict.fromkeys(starts, -40.0))  # type: ignore[arg-type]
    known = {site["name"]: round(site["energy"], 6) for site in data["sites"]}
    assert set(known.values()) == {0.0, 0.1}
