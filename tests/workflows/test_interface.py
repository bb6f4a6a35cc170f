"""Interface studies with EMT: against energies computed again, and a crystal upon itself."""

from __future__ import annotations

from copy import deepcopy
from math import erfc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.emt import EMT
from ase.optimize import BFGS

from potash.analysis import interface as analysis
from potash.analysis.interface import JOULE
from potash.analysis.report.figures import figures
from potash.analysis.report.page import render
from potash.analysis.report.tables import tables
from potash.analysis.result import StudyResult
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.structures.encoding import decode
from potash.structures.interfaces import FILM, NEAREST, SIDE, SUBSTRATE, alone
from potash.workflows.build import benches, build
from potash.workflows.convergence import UNVARIED
from potash.workflows.interface import summarise
from potash.workflows.planning import plan
from potash.workflows.registry import FARTHEST, bracketed
from tests.direct import Direct, Done, assert_refused, run

HEAD = "campaign: i\nengine: emt\nstudies:\n"
BOTH = "film_facet: [1, 1, 1], substrate_facet: [1, 1, 1], max_area: 30, film_thickness: 5, substrate_thickness: 5"
MIXED = f"film: Al, substrate: Cu, {BOTH}, scan: {{grid: 2, gaps: [0]}}, sensitivities: true"
ITSELF = f"film: Cu, substrate: Cu, {BOTH}, scan: {{grid: 3, gaps: [-0.1]}}, geometry: superlattice, keep: 1"


def written(folder: Path, *studies: str) -> Path:
    path = folder / "i.yaml"
    path.write_text(HEAD + "".join(f"  - {{kind: interface, {study}}}\n" for study in studies))
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Direct:
    return Direct(tmp_path_factory.mktemp("calculations"))


@pytest.fixture(scope="module")
def done(place: Direct, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    return run(written(tmp_path_factory.mktemp("study"), MIXED, ITSELF), place)


def value(done: Done, name: str) -> float:
    return float(done.result["quantities"][name]["value"])


def relaxed(atoms: Atoms) -> float:
    atoms = atoms.copy()
    atoms.calc = EMT()
    BFGS(atoms, logfile=None).run(fmax=0.05)
    return float(atoms.get_potential_energy())


def test_the_report_lists_the_candidates_and_the_planes_that_face(done: dict[str, Done]) -> None:
    (table,) = tables(StudyResult.model_validate(done["interface-Al-Cu"].result))
    assert table.headings[-2:] == ("Atoms", "Facing planes")
    assert {row[-1] for row in table.rows} == {"Al | Cu"}
    assert table.mark == "built"


def test_the_work_of_adhesion_is_that_of_parting(done: dict[str, Done]) -> None:
    study = done["interface-Al-Cu"]
    assert study.result["status"] == "done"
    assert study.result["system"] == "Al (111) on Cu (111)"
    frames = [decode(view["frames"][0]) for view in study.result["views"]]
    assert len(frames) == 2
    best = min(frames, key=relaxed)
    area = abs(np.linalg.det(best.cell.array[:2, :2]))
    parted = sum(relaxed(alone(best, side)) for side in (FILM, SUBSTRATE))
    assert value(study, "work of adhesion") == pytest.approx(JOULE * (parted - relaxed(best)) / area, abs=0.01)
    assert set(best.symbols[best.arrays[SIDE] == FILM]) == {"Al"}
    across = (
        best.positions[best.arrays[SIDE] == FILM, 2].min() - best.positions[best.arrays[SIDE] == SUBSTRATE, 2].max()
    )
    assert value(study, "gap") == pytest.approx(across, abs=0.15)


def test_a_wider_vacuum_is_tried_and_other_settings_shift_the_work(done: dict[str, Done]) -> None:
    """EMT sees no vacuum; energies changed by hand shift the work of adhesion by what they are over the area."""
    study = done["interface-Al-Cu"]
    assert value(study, "work of adhesion's shift, wider vacuum") == pytest.approx(0, abs=1e-3)
    assert study.result["quantities"]["work of adhesion"]["error"] == pytest.approx(0, abs=1e-6)
    assert UNVARIED not in study.result["notes"]
    assert UNVARIED in done["interface-Cu-Cu"].result["notes"]
    told, found, limits = study.given[1], deepcopy(study.given[2]), study.given[0]["limits"]
    (shift,) = found["shifts"]
    shift["energies"]["film"] += 0.1
    shift["energies"]["interface"] += 0.3
    made = analysis.summarise(told, found, limits)[0]
    area = abs(np.linalg.det(np.array(found["relaxed"][0]["atoms"]["cell"])[:2, :2]))
    assert made["work of adhesion"].error == pytest.approx(0.2 * JOULE / area)
    assert made["work of adhesion's shift, wider vacuum"].value == pytest.approx(-200 * JOULE / area)
    assert made["work of adhesion"].value == pytest.approx(value(study, "work of adhesion"))


def test_the_rigid_one_is_the_best_of_the_scan(done: dict[str, Done]) -> None:
    study = done["interface-Al-Cu"]
    tried = study.result["data"]["scan"]["tried"]
    assert len(tried) == 2  # distinct shifts, one gap
    highest = JOULE * max(each["adhesion"] for each in tried)
    assert value(study, "work of adhesion, rigid") == pytest.approx(highest)


def test_strain_is_paid_by_the_side_that_takes_it(done: dict[str, Done]) -> None:
    study = done["interface-Al-Cu"]
    assert value(study, "strain energy of the substrate") == 0
    assert 2 < value(study, "strain energy of the film") < 50
    reference, bulk = study.given[2]["references"][0]["atoms"], study.given[2]["cells"][0]["atoms"]
    # Aluminium is stretched in the plane: it grows thinner, but not by so much that its volume stays.
    areas = [np.linalg.det(decode(reference).cell.array[:2, :2]), np.sqrt(3) / 4 * cubic(bulk) ** 2]
    heights = [decode(reference).cell.array[2, 2], cubic(bulk) / np.sqrt(3)]
    wider, thinner = areas[0] / areas[1], heights[0] / heights[1]
    assert wider > 1.02
    assert 1 / wider < thinner < 1.0


def cubic(primitive: dict[str, object]) -> float:
    """The lattice constant of fcc, from its primitive cell."""
    return float((4 * decode(primitive).get_volume()) ** (1 / 3))


def test_a_crystal_upon_itself_has_no_interface(done: dict[str, Done]) -> None:
    study = done["interface-Cu-Cu"]
    assert study.result["status"] == "done"
    assert abs(value(study, "interface energy")) < 0.01  # EMT likes a stacking fault better by 0.005 J/m²
    assert abs(value(study, "excess height")) < 0.01
    planes = len(study.given[2]["relaxed"][0]["atoms"]["symbols"])
    assert value(study, "height") == pytest.approx(
        planes * cubic(study.given[2]["cells"][0]["atoms"]) / 3**0.5, rel=2e-3
    )
    assert "height" not in done["interface-Al-Cu"].result["quantities"]
    assert value(study, "work of adhesion") > 1.5
    assert value(study, "strain energy of the film") == 0
    assert "Candidate 1 of 2" in study.result["notes"][0]
    assert "film's lowest plane, Cu, faces the substrate's highest, Cu; at the second" in study.result["notes"][1]
    assert study.result["notes"][2] == (
        "Film: Cu (1 1 1), cut 1 of 1: Cu below, Cu above; not polar (Tasker type 1); both sides alike."
    )


def test_adhesion_and_interface_energy_add_up_to_both_surfaces(done: dict[str, Done]) -> None:
    study = done["interface-Al-Cu"]
    found = study.given[2]
    shapes = [decode(each["atoms"]) for each in found["alone"]]
    area = abs(np.linalg.det(shapes[0].cell.array[:2, :2]))
    surfaces = [
        JOULE * (slab["energy"] - len(atoms) * bulk["energy"]) / (2 * area)
        for slab, atoms, bulk in zip(found["alone"], shapes, found["references"], strict=True)
    ]
    assert min(surfaces) > 0.5
    assert value(study, "work of adhesion") + value(study, "interface energy") == pytest.approx(sum(surfaces))


def again(done: Done, told: dict[str, Any] | None = None, **found: Any) -> Any:
    """Summarise a study again, some of it changed."""
    about, first, second = done.given
    return analysis.summarise({**first, **(told or {})}, {**second, **found}, about["limits"])


def test_sides_with_two_surfaces_have_no_interface_energy(done: dict[str, Done]) -> None:
    quantities, _, notes = again(done["interface-Al-Cu"], {"symmetric": [True, False]})
    assert "interface energy" not in quantities
    assert "two different surfaces" in notes[-1]
    quantities, _, notes = again(done["interface-Cu-Cu"], {"symmetric": [True, False]})
    assert "mean of both" in quantities["interface energy"].says
    stack = {**done["interface-Al-Cu"].given[1]["stack"], "frozen": 2}
    quantities, _, notes = again(done["interface-Al-Cu"], {"stack": stack})
    assert "interface energy" not in quantities
    assert "frozen" in notes[-1]


def test_an_atom_that_moved_far_is_named(done: dict[str, Done]) -> None:
    study = done["interface-Al-Cu"]
    relaxed_ones = deepcopy(study.given[2]["relaxed"])
    best = study.result["data"]["best"]
    relaxed_ones[best]["atoms"]["positions"][20][0] += 1.5
    quantities, _, notes = again(study, relaxed=relaxed_ones)
    assert not quantities["farthest move"].checks[0].passed
    assert quantities["farthest move"].value == pytest.approx(1.5 * 8 / 9, abs=0.05)  # less the film's mean move
    assert "1 atoms moved" in notes[-1]
    assert "Al 21" in notes[-1]


def test_charges_are_summed_by_side(done: dict[str, Done]) -> None:
    study = done["interface-Al-Cu"]
    atoms = study.given[2]["relaxed"][0]["atoms"]
    count = atoms["side"].count(FILM)
    charges = [0.03 if side == FILM else -0.03 * count / atoms["side"].count(SUBSTRATE) for side in atoms["side"]]
    quantities, _, _ = again(study, charges={"charges": {"charges": charges}})
    assert quantities["charge of the film (Hirshfeld)"].value == pytest.approx(0.03 * count)
    assert quantities["charge of the film (Hirshfeld)"].checks[0].passed


def test_sides_that_do_not_hold_together_fail_a_check(done: dict[str, Done]) -> None:
    about, told, found = done["interface-Al-Cu"].given
    sound = analysis.summarise(told, found, about["limits"])[0]["work of adhesion"]
    assert all(check.passed for check in sound.checks)
    loose = deepcopy(found)
    loose["alone"][0]["energy"] -= 100.0
    failed = [
        check.name
        for check in analysis.summarise(told, loose, about["limits"])[0]["work of adhesion"].checks
        if not check.passed
    ]
    assert failed == ["work of adhesion (less: the sides do not hold together)"]


def test_an_engine_without_electrons_is_told(done: dict[str, Done]) -> None:
    assert "The engine emt gives no states" in done["interface-Al-Cu"].result["notes"][-1]


def with_electrons(study: Done) -> dict[str, Any]:
    """The study's result with model states and a potential that steps by 0.4 eV where the film begins."""
    about, told, found = study.given
    best = min(found["relaxed"], key=lambda made: made["energy"])["atoms"]
    atoms = decode(best)
    film = atoms.arrays[SIDE] == FILM
    height = atoms.cell.array[2, 2]
    z = np.arange(400) * height / 400
    border = (atoms.positions[film, 2].min() + atoms.positions[~film, 2].max()) / 2
    energies = np.linspace(-8, 4, 241)
    states = [np.exp(-((energies + 2 + 2 * one) ** 2)).tolist() for one in film]
    made = {"z": z.tolist(), "planar": np.where(z > border, 0.4, 0.0).tolist(), "fermi": 0.3, "energies": energies.tolist(),
            "states": states, "complete": 2.5, "edges": None}  # fmt: skip
    level = {"planar": [0.0], "edges": None, "fermi": 0.0}
    parts = {"interface": made, "film": level, "substrate": level}
    calculation = {key: found["relaxed"][0][key] for key in ("key", "task", "engine", "version", "settings", "calls")}
    read = {part: {**each, **calculation, "core_seconds": 1.0} for part, each in parts.items()}
    summary: dict[str, Any] = summarise.original(about, told, {**found, "electrons": read})
    return summary


def test_the_report_shows_states_and_potential(done: dict[str, Done]) -> None:
    result = StudyResult.model_validate(with_electrons(done["interface-Al-Cu"]))
    assert result.status == "done", result.reason
    assert result.quantities["step of the potential"].value == pytest.approx(0.4, abs=0.05)
    assert result.quantities["overlap of states"].value == pytest.approx(erfc(1 / np.sqrt(2) * np.sqrt(2)), abs=0.03)
    assert "gives no states" not in " ".join(result.notes)
    _, potential, by_layer, by_element = figures(result, "one")
    assert "step inside to inside: 0.4" in potential.caption
    assert "macroscopic average" in potential.svg
    assert "film 1: Al" in by_layer.svg
    assert "substrate 3: Cu" in by_layer.svg
    assert "Cu, substrate 1" in by_element.svg
    page = render("i", [result])
    assert "overlap of states" in page
    assert "difference of the Fermi levels" in page


def test_the_report_shows_the_registry(done: dict[str, Done]) -> None:
    study = done["interface-Cu-Cu"]
    (figure,) = figures(StudyResult.model_validate(study.result), "one")
    assert "4 distinct shifts" in figure.caption
    assert f"{value(study, 'work of adhesion, rigid'):.3f} J/m²" in figure.caption
    assert "Rigid work of adhesion" in figure.svg
    assert figure.svg.count("<path") > 36
    (candidates,) = tables(StudyResult.model_validate(study.result))
    assert candidates.rows[candidates.marked][1:4] == ("(111)", "(111)", "1 on 1")
    assert [row[6] for row in candidates.rows] == ["0.0", "60.0"]
    assert "1 of 2 was built" in render("i", [StudyResult.model_validate(study.result)])


def test_the_plan_lists_what_will_run(done: dict[str, Done], place: Direct, tmp_path: Path) -> None:
    entries = plan(build(load(written(tmp_path, MIXED, ITSELF))), Vault(tmp_path / "vault"))
    assert {entry.study for entry in entries} == set(done)
    for part in ("scan", "relaxed", "rigid", "cell of"):
        planned = [entry.label for entry in entries if part in entry.label]
        ran = {label for label in place.labels if part in label}
        # The rigid slabs are the scan's own where one engine does both; one cell of copper serves three times.
        assert 0 < len(planned) <= len(ran)
    assert sum("strained bulk of the film" in entry.label for entry in entries) == 5


def test_another_engine_may_scan(tmp_path: Path) -> None:
    path = written(tmp_path, f"{MIXED.replace('gaps: [0]', 'engine: emt')}, engine: gpaw, settings: {{cutoff: 400}}")
    (flow,) = build(load(path)).values()
    by_name = {job.name: job for job in flow.jobs}
    how = by_name["registry"].function_args[0]
    assert (how["engine"], how["settings"], how["options"]) == ("emt", {}, {"steps": 0})
    own = by_name["registry 1, relaxed"].function_args[0]
    assert (own["engine"], own["settings"]) == ("gpaw", {"cutoff": 400})
    assert {"Hirshfeld charges of the best interface", "Bader charges of the best interface"} <= set(by_name)


@pytest.mark.parametrize(
    ("engine", "added"),
    [
        ("gpaw", "D3(BJ)"),
        ("espresso", "D3(BJ)"),
        ("emt", None),
        pytest.param("chgnet", None, marks=pytest.mark.chgnet),
    ],
)
def test_dispersion_is_added_where_the_engine_has_it(engine: str, added: str | None, tmp_path: Path) -> None:
    path = written(tmp_path, f"film: Cu, film_facet: [1, 1, 1], substrate: graphene, engine: {engine}", MIXED)
    layer, metals = benches(load(path))
    assert layer.settings.get("dispersion") == added
    assert "dispersion" not in metals.settings


def test_states_are_planned_and_priced(tmp_path: Path) -> None:
    pytest.importorskip("gpaw")
    pair = "film: Cu, film_facet: [1, 1, 1], substrate: graphene, engine: gpaw, scan: {grid: 1, gaps: [0]}"
    path = written(tmp_path, f"{pair}, max_area: 20, charges: false", f"{pair}, max_area: 20, electrons: false")
    entries = plan(build(load(path)), Vault(tmp_path / "vault"))
    read = {entry.label: entry for entry in entries if entry.task == "electrons"}
    assert set(read) == {"states of the best interface", "states of the strained film"}  # graphene has no inside
    whole, film = read["states of the best interface"], read["states of the strained film"]
    relax = next(entry for entry in entries if entry.label == "registry 1, relaxed")
    assert (whole.study, whole.atoms) == (relax.study, relax.atoms)
    # Five calls against two; symmetry spares the relaxation k-points.
    assert 2 * relax.core_seconds > whole.core_seconds > relax.core_seconds / 8
    assert (film.calls, film.options["denser"]) == (9, 2)
    assert relax.settings["convergence"]["density"] / whole.settings["convergence"]["density"] == pytest.approx(30)
    assert {f"{method} charges of the best interface" for method in ("Bader", "Hirshfeld")} <= {
        entry.label for entry in entries
    }


def test_heights_of_a_strained_bulk_share_their_kpoints(tmp_path: Path) -> None:
    pytest.importorskip("gpaw")
    pair = "film: K3Sb-cubic, film_facet: [1, 1, 1], substrate: K2Se, substrate_facet: [1, 1, 1], max_area: 110"
    path = written(tmp_path, f"{pair}, engine: gpaw, scan: {{grid: 1, gaps: [0]}}")
    entries = plan(build(load(path)), Vault(tmp_path / "vault"))
    grids = [tuple(entry.kpoints) for entry in entries if "strained bulk of the film" in entry.label]
    assert len(grids) == 5
    assert len(set(grids)) == 1


def test_facets_are_weighed_against_each_other(tmp_path: Path) -> None:
    both = "[[1, 0, 0], [1, 1, 1]]"
    listed = MIXED.replace("[1, 1, 1]", both).replace("max_area: 30", "max_area: 35, match: 2")
    (flow,) = build(load(written(tmp_path, listed))).values()
    told = flow.jobs[-1].function_args[1]
    first, second = told["candidates"][:2]
    assert (tuple(first["film"]), tuple(first["substrate"])) == ((1, 0, 0), (1, 0, 0))
    assert first["strain"] < second["strain"]
    assert told["match"]["strain"] == second["strain"]


def test_polyanions_are_cut_where_asked_alone(tmp_path: Path) -> None:
    studies = [
        "film: S-alpha, film_facet: [1, 0, 0], substrate: graphene, max_area: 200, max_strain: 0.2, "
        f"charges: false, electrons: false, scan: {{grid: 1, gaps: [0]}}{more}"
        for more in ("", ", cut_molecules: true, film_termination: 5")
    ]
    recipes = [flow.jobs[-1].function_args[1] for flow in build(load(written(tmp_path, *studies))).values()]
    assert [recipe["cuts"][0]["cut_molecules"] for recipe in recipes] == [False, True]
    assert ["of 2:" in recipe["faces"][0] for recipe in recipes] == [True, False]
    path = written(tmp_path, studies[0] + ", film_termination: 5")
    assert_refused(path, "2 terminations of its own composition, not 5; more would cut molecules", line=4)


@pytest.mark.parametrize(("study", "words"), [
    (MIXED.replace("film_facet: [1, 1, 1], ", ""), "Al is a crystal: name its facet"),
    (MIXED.replace("film: Al", "film: graphene"), "C is a layer and has no facet (1, 1, 1)"),
    (MIXED.replace("film_facet: [1, 1, 1]", "film_facet: [0, 0, 0]"), "no plane"),
    (MIXED.replace("film_facet: [1, 1, 1]", "film_facet: [1, 1]"), "film_facet must be three whole numbers"),
    (f"{MIXED}, match: 9", "not 9"),
    (f"{MIXED}, film_termination: 2", "Al (1, 1, 1) has 1 terminations"),
    (MIXED.replace("max_area: 30", "max_area: 10"), "allow more with max_area or max_strain"),
    (f"{MIXED}, share: 2", "share must be a number from 0"),
    (f"{MIXED}, geometry: wire", "geometry must be slab or superlattice"),
    (f"{MIXED}, electrons: 3", "electrons must be true (states by layer"),
    (MIXED.replace("grid: 2", "grid: 0"), "scan must be a mapping of grid (1 to 12)"),
    (MIXED.replace("grid: 2", "engine: gpow"), "unknown engine 'gpow'"),
    (MIXED.replace("substrate: Cu", "substrate: Cuu"), "unknown phase 'Cuu'"),
])  # fmt: skip
def test_what_cannot_be_built_is_told(study: str, words: str, tmp_path: Path) -> None:
    assert_refused(written(tmp_path, study), words, line=4)


@pytest.mark.parametrize(
    ("place", "gaps"), [(2.0, [3.0, 3.3]), (4.5, [3.0, 3.3]), (3.1, [3.0, 3.3]), (2.9, [2.0, 2.4, 3.4])]
)
def test_the_best_gap_is_bracketed_wherever_the_search_begins(place: float, gaps: list[float]) -> None:
    step = gaps[1] - gaps[0]
    found = bracketed(lambda gap: 1.0 - (gap - place) ** 2, gaps)
    best = max(found, key=lambda gap: found[gap])
    assert abs(best - place) <= (0.5 * step if len(gaps) == 2 else 1.0)
    assert min(found) < best < max(found)


def test_gaps_nearer_than_atoms_come_tell_the_step_nevertheless() -> None:
    for gaps in ([0.1, 0.5], [NEAREST - 0.4, NEAREST], [0.5, 0.9]):
        found = bracketed(lambda gap: 1.0 - (gap - 1.9) ** 2, gaps)
        best = max(found, key=lambda gap: found[gap])
        assert min(found) == NEAREST
        assert abs(best - 1.9) <= 0.2
        assert NEAREST < best < max(found)
    assert list(bracketed(lambda gap: gap, [0.1])) == [NEAREST]


def test_the_search_for_a_gap_ends() -> None:
    assert max(bracketed(lambda gap: gap, [3.0, 3.3])) <= 3.0 + FARTHEST  # nothing holds
    assert min(bracketed(lambda gap: -gap, [3.0, 3.3])) == NEAREST
    assert list(bracketed(lambda gap: gap, [3.0])) == [3.0]  # the one that is meant
    assert list(bracketed(lambda _: float("nan"), [3.0, 3.3])) == [3.0, 3.3]  # a plan
