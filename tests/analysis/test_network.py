"""Networks of computed hops: an adatom on copper (111), whose hops lead from fcc to hcp sites and on."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from ase.units import kB

from potash.analysis.network import summarise
from potash.calcs.engine import protocol
from potash.structures.hops import Hops
from potash.workflows.hop import hops_of
from tests import direct

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
        given["found"][kind]["crossing"]["lower"] = [{"energy": -1.0, "force": 0.01, "was": "initial"}]
    quantities, status, _, data = summarise(**given)
    assert status == "done"
    assert [kind["forward"] is None for kind in data["kinds"]] == [False, True, True, True]
    assert "it passes a deeper site (of -1.000 eV)" in data["kinds"][1]["reason"]
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
