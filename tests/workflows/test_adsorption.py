"""Adsorption studies on EMT's metals: sites, both references, and what is said of the surface."""

import pytest
from ase.build import add_adsorbate, fcc111
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.optimize import BFGS

from potash.structures.adsorption import sites
from potash.structures.encoding import decode, encode
from potash.structures.phases import phase
from potash.workflows.adsorption import put
from tests import direct

SLAB = "facets: [[1, 1, 1]], layers: 4, supercell: [2, 2]"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, direct.Done]:
    folder = tmp_path_factory.mktemp("adsorption")
    path = folder / "a.yaml"
    path.write_text(
        "campaign: a\nengine: emt\nstudies:\n"
        f"  - {{id: relaxed, kind: adsorption, phase: Cu, ion: Al, {SLAB}}}\n"
        f"  - {{id: frozen, kind: adsorption, phase: Cu, ion: Al, {SLAB}, substrate: frozen, sites: [hollow]}}\n"
    )
    return direct.run(path, direct.Direct(folder / "vault"))


def energies(done: dict[str, direct.Done], study: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = done[study].result["data"]["energies"]
    return found


def test_the_hollow_holds_it_best(done: dict[str, direct.Done]) -> None:
    """As ASE's own slab does, relaxed by BFGS from the same kind of place."""
    assert done["relaxed"].result["status"] == "done", done["relaxed"].result["reason"]
    assert set(energies(done, "relaxed")) == {"top", "bridge", "hollow-1", "hollow-2"}
    assert done["relaxed"].result["data"]["lowest"].startswith("hollow")
    clean = decode(done["relaxed"].given[5]["atoms"])
    a = clean.cell.lengths()[0] / 2 * 2**0.5
    totals = []
    for adsorbed in (False, True):
        slab = fcc111("Cu", (2, 2, 4), a=a, vacuum=8.0)
        slab.set_constraint(FixAtoms([atom.index for atom in slab if atom.tag > 2]))
        if adsorbed:
            add_adsorbate(slab, "Al", 2.0, "fcc")
        slab.calc = EMT()
        BFGS(slab, logfile=None).run(fmax=0.01)
        totals.append(slab.get_potential_energy())
    atom = done["relaxed"].given[6]["energy"]
    ours = min(both[0] for both in energies(done, "relaxed").values())
    assert ours == pytest.approx(totals[1] - totals[0] - atom, abs=0.02)


def test_both_references_differ_by_the_metal_alone(done: dict[str, direct.Done]) -> None:
    apart = [bulk - atom for study in ("relaxed", "frozen") for atom, bulk in energies(done, study).values()]
    assert apart == pytest.approx([apart[0]] * len(apart), abs=1e-6)
    assert apart[0] == pytest.approx(3.3, abs=0.3), "aluminium's cohesive energy"


def test_what_stays_in_its_place_is_said(done: dict[str, direct.Done]) -> None:
    assert "Of the substrate's 16 atoms the lower 8 are frozen, the others relaxed." in done["relaxed"].result["notes"]
    assert "All 16 atoms of the substrate are frozen." in done["frozen"].result["notes"]
    assert min(energies(done, "frozen").values())[0] > min(energies(done, "relaxed").values())[0]


def test_a_site_that_relaxing_has_renamed_is_where_it_was() -> None:
    """Antimonene has two hollows; one that was the only one goes to its place, and those there are go by their names."""
    layer = phase("antimonene")
    plain, places = encode(layer), {site.name: site.position for site in sites(layer)}
    elsewhere = decode(put.original(plain, plain, "hollow", [0.25, 0.5], "K"))
    assert elsewhere.get_scaled_positions()[-1, :2] == pytest.approx([0.25, 0.5])
    known = decode(put.original(plain, plain, "hollow-2", [0.25, 0.5], "K"))
    assert known.positions[-1, :2] == pytest.approx(places["hollow-2"])
