"""Networks from the campaign file to the result: vacancies of copper, and of copper drawn out along c."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk
from ase.io import write
from ase.units import kB

from tests import direct


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, direct.Done]:
    folder = tmp_path_factory.mktemp("networks")
    drawn = bulk("Cu", a=3.59, cubic=True)
    drawn.set_cell([3.59, 3.59, 3.8], scale_atoms=True)
    write(folder / "drawn.xyz", drawn)
    path = folder / "n.yaml"
    path.write_text(
        "campaign: n\nengine: emt\nstudies:\n"
        "  - {id: cubic, kind: network, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3}\n"
        "  - {id: barrier, kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3}\n"
        "  - {id: drawn, kind: network, host: {file: drawn.xyz}, ion: Cu, supercell: [2, 2, 2], cutoff: 3, temperature: 500}\n"
    )
    return direct.run(path, direct.Direct(folder / "vault"))


def values(done: dict[str, direct.Done], study: str) -> dict[str, float]:
    found = done[study].result
    assert found["status"] == "done", found["reason"]
    return {name: quantity["value"] for name, quantity in found["quantities"].items()}


def rate(kind: dict[str, Any], temperature: float) -> float:
    return float(kind["prefactor"] * np.exp(-kind["forward"] / (kB * temperature)))


def test_the_bottleneck_of_one_kind_of_hop_is_that_hop(done: dict[str, direct.Done]) -> None:
    found, alone = values(done, "cubic"), values(done, "barrier")
    for name in ("", " along a", " along b", " along c", " in 2 dimensions", " in 3 dimensions"):
        assert found[f"percolating barrier{name}"] == alone["barrier"]
    assert found["activation energy"] == pytest.approx(alone["barrier"], abs=1e-9)
    keys = [done[name].result["provenance"]["keys"] for name in ("cubic", "barrier")]
    assert set(keys[0]) == set(keys[1]), "the same calculations"


def test_the_vacancy_of_a_face_centred_crystal_makes_a_random_walk(done: dict[str, direct.Done]) -> None:
    """D = z Γ d² / 6 = a² Γ, alike along x, y and z."""
    found = values(done, "cubic")
    a = done["cubic"].result["data"]["cell"][0][0]
    (kind,) = done["cubic"].result["data"]["kinds"]
    assert kind["multiplicity"] == 12
    assert kind["distance"] == pytest.approx(a / 2**0.5, abs=0.02)
    expected = 12 / 6 * rate(kind, 300) * a**2 / 2 * 1e-16
    for name in ("diffusivity", "diffusivity along x", "diffusivity along y", "diffusivity along z"):
        assert found[name] == pytest.approx(expected, rel=1e-9)


def test_drawn_out_it_is_faster_across(done: dict[str, direct.Done]) -> None:
    """With rates Γ in the plane and Γ' out of it D = a² (Γ + Γ') / 2 in the plane, c² Γ' along c."""
    found = values(done, "drawn")
    flat, steep = done["drawn"].result["data"]["kinds"]
    assert (flat["multiplicity"], steep["multiplicity"]) == (4, 8)
    assert flat["distance"] < steep["distance"]
    assert flat["forward"] < steep["forward"]
    a, c = (done["drawn"].result["data"]["cell"][axis][axis] for axis in (0, 2))
    assert c > a, "its shape relaxes nearly to the cube's; what is left tells the axes apart"
    assert found["diffusivity along x"] == pytest.approx(a**2 / 2 * (rate(flat, 500) + rate(steep, 500)) * 1e-16)
    assert found["diffusivity along y"] == pytest.approx(found["diffusivity along x"])
    assert found["diffusivity along z"] == pytest.approx(c**2 * rate(steep, 500) * 1e-16)
    assert found["diffusivity along z"] < found["diffusivity along x"]
    assert found["diffusivity"] == pytest.approx((2 * found["diffusivity along x"] + found["diffusivity along z"]) / 3)
    assert found["percolating barrier"] == found["percolating barrier along a"] == flat["forward"]
    assert found["percolating barrier along c"] == found["percolating barrier in 3 dimensions"] == steep["forward"]


def test_sites_that_no_hop_reaches_are_told(tmp_path: Path) -> None:
    """On copper (111) hops of 1 Å lead from bridges to hollows; none leads to the tops, and no carrier is put there."""
    path = tmp_path / "n.yaml"
    path.write_text(
        "campaign: n\nengine: emt\nstudies:\n"
        "  - {id: alone, kind: network, mechanism: adatom, host: Cu, ion: Cu, facet: [1, 1, 1], layers: 2,"
        " supercell: [2, 2], cutoff: 1.0}\n"
    )
    found = direct.run(path, direct.Direct(tmp_path / "vault"))["alone"].result
    assert found["status"] == "no barrier", "a bridge is no minimum"
    assert {site["name"] for site in found["data"]["sites"]} == {"bridge", "hollow-1", "hollow-2"}
    assert any(
        note.startswith("No hop within the cutoff reaches the sites top: they are left out") for note in found["notes"]
    )
