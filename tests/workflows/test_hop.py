"""Hops from the campaign file to the result, with EMT: crystals, surfaces, the user's own end points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc100
from ase.calculators.emt import EMT
from ase.io import write

from potash.analysis.barrier import checks as barrier_checks
from potash.analysis.barrier import has_saddle
from potash.calcs.engine import protocol
from potash.calcs.site import use
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.errors import BadInput
from potash.structures.encoding import decode, encode
from potash.structures.shell import shell_of
from potash.workflows.build import benches, build
from potash.workflows.hop import PLACES, curved, recipes_of
from potash.workflows.planning import plan
from potash.workflows.sensitivities import larger, shift
from tests import direct

HEAD = "campaign: h\nengine: emt\nstudies:\n"
COPPER = bulk("Cu", a=3.59, cubic=True) * (2, 2, 2)


def vacancy() -> tuple[Atoms, Atoms]:
    """The ends of a vacancy's hop."""
    near = int(np.argsort(COPPER.get_distances(0, range(32), mic=True))[1])
    step = COPPER.get_distance(0, near, mic=True, vector=True)
    before = COPPER[1:]
    after = before.copy()
    after.positions[near - 1] -= step
    return before, after


def over_a_deeper_site() -> tuple[Atoms, Atoms]:
    """Copper on copper (100) from one hollow by another, between four platinum atoms, to a third."""
    slab = fcc100("Cu", (5, 3, 2), a=3.59, vacuum=6.0)
    slab.set_constraint()
    slab.pbc = (True, True, False)
    step = slab.cell.array[0] / 5
    top = slab.positions[:, 2].max()
    first = slab.positions[0] + [0, 0, top + 1.7 - slab.positions[0, 2]]
    middle = Atoms("Cu", [first + step], cell=slab.cell, pbc=slab.pbc)
    distances = (slab + middle).get_distances(30, range(30), mic=True)
    slab.symbols[[int(i) for i in np.argsort(distances)[:4]]] = "Pt"
    before, after = (slab + Atoms("Cu", [place]) for place in (first, first + 2 * step))
    return before, after


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, direct.Done]:
    folder = tmp_path_factory.mktemp("hops")
    before, after = vacancy()
    write(folder / "before.xyz", before)
    write(folder / "after.xyz", after[np.random.default_rng(1).permutation(31)])
    for name, atoms in zip(("left", "right"), over_a_deeper_site(), strict=True):
        write(folder / f"{name}.xyz", atoms)
    path = folder / "h.yaml"
    path.write_text(
        HEAD + "  - {id: vacancy, kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3}\n"
        "  - {id: plain, kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3, band: plain}\n"
        "  - {id: standard, kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3, protocol: standard}\n"
        "  - {id: files, kind: barrier, ends: [{file: before.xyz}, {file: after.xyz}], ion: Cu}\n"
        "  - {id: deeper, kind: barrier, ends: [{file: left.xyz}, {file: right.xyz}], ion: Cu, band: plain}\n"
        "  - {id: back, kind: barrier, ends: [{file: right.xyz}, {file: left.xyz}], ion: Cu, band: plain}\n"
        "  - {id: adatom, kind: barrier, mechanism: adatom, host: Cu, ion: Cu, facet: [1, 1, 1], layers: 3, supercell: [3, 3],"
        " sites: [hollow]}\n"
        "  - {id: whole, kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3, shell: cell}\n"
        "  - {id: held, kind: barrier, mechanism: adatom, host: Cu, ion: Cu, facet: [1, 1, 1], layers: 3, supercell: [3, 3],"
        " sites: [hollow], shell: cell}\n"
    )
    return direct.run(path, direct.Direct(folder / "vault"))


def value(done: dict[str, direct.Done], study: str, name: str = "barrier") -> float:
    found = done[study].result
    assert found["status"] == "done", found["reason"]
    number: float = found["quantities"][name]["value"]
    return number


def notes(done: dict[str, direct.Done], study: str) -> str:
    return "\n".join(done[study].result["notes"])


def test_a_vacancy_by_both_bands(done: dict[str, direct.Done]) -> None:
    # The vacancy's barrier known for this cell of EMT's copper.
    assert value(done, "vacancy") == pytest.approx(0.79, abs=0.01)
    assert value(done, "plain") == pytest.approx(value(done, "vacancy"), abs=0.01)
    assert value(done, "vacancy", "barrier back") == pytest.approx(value(done, "vacancy"), abs=1e-6)
    calls = {name: done[name].result["provenance"]["band_calls"] for name in ("vacancy", "plain")}
    assert 4 * calls["vacancy"] < calls["plain"], "the surrogate is there to save calls"
    assert "one was relaxed, the other follows from it" in notes(done, "vacancy")
    assert "a Gaussian process on" in notes(done, "vacancy")
    assert "Gaussian" not in notes(done, "plain")


@pytest.mark.parametrize(("change", "found"), [
    ({}, True),
    ({"energies": [float("nan")] * 3, "forces": [float("nan")] * 3}, True),  # a plan knows nothing yet
    ({"energies": [0.0, -0.004, -0.3]}, False),
    ({"energies": [0.0, 0.2, 0.3]}, False),
    ({"forces": [0.0, None, 0.0]}, False),
    ({"converged": False}, False),
])  # fmt: skip
def test_nothing_is_computed_at_a_saddle_that_is_none(change: dict[str, Any], found: bool) -> None:
    band = {"converged": True, "energies": [0.0, 0.3, 0.1], "saddle": 1, "forces": [0.0] * 3, **change}
    crossing = {"band": band, "lower": []}
    assert has_saddle(band) is found
    if not found:  # asking for anything more would fail, as there is nothing to ask with
        assert [curved({}, crossing, place, {}, "ion", "") for place in PLACES] == [None] * 3
        assert shift.original({}, crossing, "denser k-points", "kpoints", None, "", {}) is None


def test_fast_is_not_converged_and_says_so(done: dict[str, direct.Done]) -> None:
    assert "Not converged: k-points, cutoff and size of the cell were not varied (the protocol 'fast'" in notes(
        done, "vacancy"
    )
    assert done["vacancy"].result["quantities"]["barrier"]["error"] is None
    assert "Not converged" not in notes(done, "standard")
    shift = value(done, "standard", "barrier's shift, larger cell")
    assert done["standard"].result["quantities"]["barrier"]["error"] == pytest.approx(abs(shift) / 1000)
    assert "Curvatures: of 1 atoms" in notes(done, "vacancy")
    assert "Curvatures: of 9 atoms" in notes(done, "standard")


def test_shuffled_files_give_the_same_hop(done: dict[str, direct.Done]) -> None:
    # Their lattice constant is not EMT's own.
    assert value(done, "files") == pytest.approx(value(done, "vacancy"), abs=0.002)
    assert "Both end points were relaxed" in notes(done, "files")
    assert value(done, "files", "end points' difference") == pytest.approx(0, abs=1e-3)


def test_an_adatom_goes_from_fcc_to_hcp(done: dict[str, direct.Done]) -> None:
    # Close-packed surfaces are flat: some hundredths of an eV.
    assert 0.03 < value(done, "adatom") < 0.06
    gain = value(done, "adatom", "barrier") - value(done, "adatom", "barrier back")
    assert value(done, "adatom", "end points' difference") == pytest.approx(gain)
    names = [check["name"] for check in done["adatom"].result["quantities"]["barrier"]["checks"]]
    assert "forward less backward barrier, less the end points' difference" in names
    assert "lowest curvature at the final end point" in names
    assert "on Cu (111)" in done["adatom"].result["system"]


@pytest.mark.parametrize("way", ["deeper", "back"])
def test_a_deeper_site_on_the_way_is_followed_down(done: dict[str, direct.Done], way: str) -> None:
    """The barrier is that from the deeper site, which is a minimum, with the platinum around it, whichever way is asked."""
    found = done[way].given[1]
    (lower,) = found["crossing"]["lower"]
    band = found["crossing"]["band"]
    assert lower["energy"] == pytest.approx(band["energies"][0])
    assert lower["energy"] < found["ends"][0]["energy"] - 0.05
    assert f"on the way to the {lower['was']} one: it was followed down and relaxed" in notes(done, way)
    resting = decode(lower["atoms"])
    near = np.argsort(resting.get_distances(30, range(30), mic=True))[:4]
    assert set(resting.symbols[near]) == {"Pt"}
    resting.calc = EMT()
    assert np.linalg.norm(resting.get_forces(), axis=1).max() < 0.05
    up, down = value(done, way), value(done, way, "barrier back")
    assert up == pytest.approx(down + found["ends"][0]["energy"] - lower["energy"], abs=0.005)
    assert up == pytest.approx(value(done, "deeper"), abs=0.005)
    checks = {check["name"] for check in done[way].result["quantities"]["barrier"]["checks"]}
    assert {f"lowest curvature at the {end} end point" for end in ("initial", "final")} < checks


def test_whole_cells_vibrate_with_their_ion(done: dict[str, direct.Done]) -> None:
    """The same barrier, every free atom's curvature, and few calls for it where there is symmetry."""
    assert value(done, "whole") == value(done, "vacancy")
    assert "Curvatures: of all 31 free atoms of the cell, by central differences of forces; symmetry left 7 and 29 of 186." in notes(done, "whole")  # fmt: skip
    assert 3 < value(done, "whole", "attempt frequency") < 7
    # The lower of three layers stays in its place, and holds the others.
    assert value(done, "held") == value(done, "adatom")
    assert "of all 19 free atoms of the cell" in notes(done, "held")
    checks = {check["name"] for check in done["held"].result["quantities"]["barrier"]["checks"]}
    assert "second lowest curvature at the saddle" in checks
    assert "curvature of all atoms moved together" not in checks


def test_a_way_down_that_the_shell_does_not_have_is_found_along_the_path(
    done: dict[str, direct.Done], tmp_path: Path
) -> None:
    """Of an atom beside the hopping one alone the saddle is a minimum; two calls along the path show the way down."""
    path = tmp_path / "h.yaml"
    path.write_text(HEAD + "  - {kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3}\n")
    recipe = recipes_of(benches(load(path))[0])["curvature"]
    found = done["vacancy"].given[1]
    band = found["crossing"]["band"]
    saddle = decode(band["images"][band["saddle"]])
    beside = shell_of(saddle, found["hop"]["moving"], "neighbours")[1]
    place = direct.Direct(tmp_path)
    use(place)  # type: ignore[arg-type]  # it has what jobs use
    try:
        bent = curved(recipe, found["crossing"], "saddle", {"moving": [beside]}, "ion", "h")
    finally:
        use(None)
    assert bent is not None
    assert [label.split(": ")[1] for label in place.labels] == ["curvature saddle", "curvature along the path"]
    assert np.linalg.eigvalsh(bent["hessian"])[0] > 1
    spoilt = {**found, "bent": [*found["bent"][:-1], bent]}
    checks = {check.name: check for check in barrier_checks(spoilt, protocol("tasks", "fast", "crystal"))}
    down = checks["lowest curvature at the saddle"]
    assert down.passed
    assert down.value < -1
    assert checks["part of the way down that points along the path"].value > 0.9
    assert checks["second lowest curvature at the saddle"].passed


@pytest.mark.parametrize("place", [0, 21])
def test_a_host_beside_a_local_change_changes_nothing(place: int) -> None:
    """EMT reaches three neighbours: what an atom's move costs does not depend on what lies farther away.

    The atom at the corner moves across the faces of the cell.
    """
    host = bulk("Cu", a=3.59, cubic=True) * (3, 3, 3)
    before = host.copy()
    del before[before.get_distances(place, range(len(host)), mic=True).argsort()[1]]
    kept = place if len(before) > place and np.allclose(before.positions[place], host.positions[place]) else place - 1
    saddle = before.copy()
    saddle.positions[kept] -= [0.5, 0.4, 0.3]
    saddle.positions[kept + 2] += before.cell.array[1]  # the same atom, wherever its band has wrapped it

    def cost(structures: list[Any]) -> float:
        energies = []
        for plain in structures:
            atoms = decode(plain)
            atoms.calc = EMT()
            energies.append(atoms.get_potential_energy())
        return float(energies[1] - energies[0])

    both = [encode(before), encode(saddle)]
    together = larger(both, encode(host), 0)
    assert len(together[0]["symbols"]) == 2 * len(host) - 1
    assert decode(together[0]).cell.lengths() == pytest.approx([6 * 3.59, 3 * 3.59, 3 * 3.59])
    assert cost(together) == pytest.approx(cost(both), abs=2e-3)


@pytest.mark.parametrize(("ends", "words"), [
    ("[{file: before.xyz}, {file: before.xyz}]", "no Cu moves by more than 0.00 Å from before.xyz to before.xyz"),
    ("[{file: before.xyz}, {file: half.xyz}]", "which Cu atom becomes which is ambiguous"),
    ("[{file: before.xyz}, {file: gone.xyz}]", "no structure file at"),
    ("[{file: cluster.xyz}, {file: cluster.xyz}]", "cluster.xyz is neither a crystal nor a surface"),
    ("[{file: before.xyz}, {file: silver.xyz}]", "have 31 and 30 Cu, 0 and 1 Ag; both ends of a path need the same atoms"),
])  # fmt: skip
def test_ends_that_are_none(ends: str, words: str, tmp_path: Path) -> None:
    before, _ = vacancy()
    write(tmp_path / "before.xyz", before)
    half = COPPER[1:]
    half.positions += [0, 0, 3.59 / 2]  # every atom halfway to others
    write(tmp_path / "half.xyz", half[::-1])
    cluster = before.copy()
    cluster.pbc = False
    write(tmp_path / "cluster.xyz", cluster)
    silver = before.copy()
    silver.symbols[3] = "Ag"
    write(tmp_path / "silver.xyz", silver)
    path = tmp_path / "h.yaml"
    path.write_text(HEAD + f"  - {{kind: barrier, ends: {ends}, ion: Cu}}\n")
    with pytest.raises(BadInput) as error:
        build(load(path))
    assert str(error.value).startswith(f"{path}:4: ")
    assert words in str(error.value)


@pytest.mark.parametrize("study", [
    "kind: barrier, mechanism: interstitialcy, host: K2Se, ion: K, engine: gpaw, supercell: [1, 1, 1], sensitivities: true",
    "kind: network, mechanism: adatom, host: Cu, ion: Cu, facet: [1, 0, 0], supercell: [3, 3], sites: [hollow], cutoff: 4",
    "kind: barrier, mechanism: interstitial, host: Cu, ion: C, supercell: [2, 2, 2], band: plain, protocol: standard",
    "kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3, shell: cell",
])  # fmt: skip
def test_a_plan_before_anything_ran(study: str, tmp_path: Path) -> None:
    path = tmp_path / "h.yaml"
    path.write_text(HEAD + f"  - {{{study}}}\n")
    entries = plan(build(load(path)), Vault(tmp_path / "vault"))
    tasks = [entry.task for entry in entries]
    assert {entry.state for entry in entries} == {"to do"}
    assert tasks[0] == "cell"
    bent = "hessian" if "shell: cell" in study else "curvature"
    assert {"relax", bent, "band" if "plain" in study else "surrogate"} <= set(tasks)
    assert not entries[-1].certain
    labels = " ".join(entry.label for entry in entries)
    assert ("denser k-points" in labels, "larger cell" in labels) == (
        "gpaw" in study,
        "network" not in study and "shell: cell" not in study,
    )
    assert [entry.calls for entry in entries if entry.task == "hessian"] == ([8, 30] if "shell: cell" in study else [])


def test_a_plan_goes_on_where_the_curvature_along_the_path_is_not_known_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ion's own curvature was computed, and shows no way down."""
    asked = []

    def planned(recipe: dict, structures: list, label: str) -> dict:
        asked.append(label)
        return {} if "along" in recipe["options"] else {"hessian": np.eye(3).tolist()}

    monkeypatch.setattr("potash.workflows.hop.perform", planned)
    image = encode(bulk("Cu", cubic=True))
    band = {
        "converged": True, "images": [image] * 3, "saddle": 1, "tangent": np.eye(4, 3).tolist(),
        "energies": [0.0, 0.3, 0.1], "forces": [0.0] * 3,
    }  # fmt: skip
    moving = {"moving": [0]}
    found = curved({"options": {}}, {"band": band}, "saddle", moving, "ion", "hop 1")
    assert asked == ["hop 1: curvature saddle", "hop 1: curvature along the path"]
    assert found is not None
    assert "row" not in found
