"""Relaxations that keep their symmetry: fewer k-points, the same energies, forces and minima."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import spglib
from ase import Atoms
from ase.build import add_adsorbate, bulk, fcc111, graphene
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms

from potash.calcs.bader import bader
from potash.calcs.calculation import Calculation
from potash.calcs.calls import CallLog, Recorder
from potash.calcs.descent import descend
from potash.calcs.folding import Group, about_one_point, centred, estimate, kept, points
from potash.calcs.gpaw import Gpaw
from potash.calcs.potential import potential
from potash.structures.encoding import encode

GRID = points([5, 5, 1], gamma=True)


def covered(site: str = "fcc", frozen: int = 4) -> Atoms:
    atoms = fcc111("Al", (2, 2, 3), vacuum=8)
    add_adsorbate(atoms, "Au", 2.0, site)
    atoms.pbc = (True, True, False)
    atoms.set_constraint(FixAtoms(range(frozen)))
    return atoms


def group_of(atoms: Atoms, grid: np.ndarray = GRID) -> Group:
    found = about_one_point(atoms, grid)
    assert found is not None
    return found


@pytest.mark.parametrize(("site", "order", "left"), [("ontop", 6, 5), ("fcc", 6, 5), ("hcp", 6, 5), ("bridge", 2, 9)])
def test_sites_of_a_facet_have_their_point_groups(site: str, order: int, left: int) -> None:
    found = group_of(covered(site))
    assert len(found.rotations) == order
    assert found.irreducible(GRID) == left
    assert found.shift[2] == 0


def test_an_operation_takes_every_atom_to_its_image() -> None:
    atoms = covered()
    atoms.translate([0.7, 0.4, 0.0])
    found = group_of(atoms)
    assert len(found.rotations) == 6
    placed = atoms.positions + found.shift
    for turn, image in zip(found.turns, found.images, strict=True):
        apart = np.linalg.solve(atoms.cell.array.T, (placed @ turn.T - placed[image]).T)
        assert np.abs(apart - apart.round()).max() < 1e-3
        assert np.allclose(turn @ turn.T, np.eye(3))


def test_a_slab_without_frozen_atoms_turns_over_in_no_operation() -> None:
    free = fcc111("Al", (2, 2, 3), vacuum=8)
    free.pbc = (True, True, False)
    assert (group_of(free).turns[:, 2, 2] > 0.99).all()


def test_a_frozen_atom_is_no_image_of_a_free_one() -> None:
    atoms = covered("ontop")
    assert len(group_of(atoms).rotations) == 6
    atoms.set_constraint(FixAtoms([*range(4), 9]))  # one of the top layer: not that under the adsorbate
    assert atoms.positions[9, 2] == pytest.approx(atoms.positions[:12, 2].max())
    assert len(group_of(atoms).rotations) == 2


def test_a_vacancy_keeps_the_point_group_of_its_site() -> None:
    crystal = bulk("Cu", cubic=True).repeat(2)
    del crystal[5]
    assert len(group_of(crystal, points([2, 2, 2], gamma=False)).rotations) == 48
    crystal.rattle(0.05, seed=1)
    assert about_one_point(crystal, points([2, 2, 2], gamma=False)) is None


def test_a_grid_that_is_less_symmetric_holds_operations_back() -> None:
    assert about_one_point(covered(), points([4, 4, 1], gamma=False)) is not None
    turned = group_of(covered(), points([4, 4, 1], gamma=False))
    assert len(turned.rotations) < len(group_of(covered()).rotations)


def test_the_operations_take_the_grid_onto_itself() -> None:
    """In Cartesian coordinates, where a rotation is the same for places and for k-points."""
    atoms, grid = covered(), points([2, 4, 1], gamma=True)
    found = group_of(atoms, grid)
    assert len(found.rotations) == 2
    for turn in found.turns:
        turned = grid @ atoms.cell.reciprocal().array @ turn.T @ atoms.cell.array.T
        apart = turned[:, None] - grid[None]
        assert (np.abs(apart - apart.round()).max(axis=2).min(axis=1) < 1e-6).all()


def test_magnetic_order_is_kept() -> None:
    crystal = bulk("Fe", cubic=True)
    even = len(group_of(crystal, points([3, 3, 3], gamma=True)).rotations)
    crystal.set_initial_magnetic_moments([2, -2])
    assert len(group_of(crystal, points([3, 3, 3], gamma=True)).rotations) == even == 48
    layered = crystal.repeat((2, 1, 1))
    layered.set_initial_magnetic_moments([2, 2, -2, -2])
    assert len(group_of(layered, points([2, 3, 3], gamma=True)).rotations) < 48


def test_forces_that_are_symmetric_stay_and_others_go() -> None:
    atoms = covered()
    found = group_of(atoms)
    atoms.set_constraint()
    atoms.calc = EMT()
    forces = atoms.get_forces()
    assert np.allclose(found.symmetric(forces), forces, atol=1e-6)
    moves = np.random.default_rng(2).normal(size=forces.shape)
    once = found.symmetric(moves)
    assert np.allclose(found.symmetric(once), once)
    assert np.abs(once).sum() < np.abs(moves).sum()


def test_a_relaxation_leaves_no_operation_behind(tmp_path: Path) -> None:
    atoms = covered()
    found = group_of(atoms)

    class Uneven(EMT):
        def calculate(self, *arguments: object, **named: object) -> None:
            super().calculate(*arguments, **named)
            self.results["forces"] = self.results["forces"] + np.random.default_rng(5).normal(scale=3e-3, size=(13, 3))

    noisy = Recorder(lambda _: Uneven(), CallLog(tmp_path / "calls.xyz", writable=True))
    known, lowest = descend(atoms, noisy, 0.03, 40, found)
    assert known.force(lowest) < 0.03
    reached = known.atoms(known.places[lowest])
    assert np.abs(reached.positions - atoms.positions).max() > 0.02
    assert len(group_of(reached).rotations) == len(found.rotations)


def calculation(atoms: Atoms, **changes: object) -> Calculation:
    settings = {"functional": "PBE", "mode": "pw", "cutoff": 300, "smearing": 0.1, "charge": 0.0, "kpoints": [3, 3, 1],
                "gamma": True, "convergence": {"energy": 1e-5, "density": 1e-5, "eigenstates": 1e-8}}  # fmt: skip
    given = {"task": "relax", "engine": "gpaw", "version": "", "options": {"force": 0.05, "steps": 9}} | changes
    return Calculation(atoms=(encode(atoms),), settings=settings, **given)


def test_what_moves_atoms_about_is_not_folded_and_relaxations_cost_less() -> None:
    relaxation = calculation(covered())
    assert kept(relaxation) is not None
    assert kept(calculation(covered(), task="curvature")) is None
    assert kept(calculation(covered(), engine="emt")) is None
    assert kept(calculation(covered(), options={"cell": "shape"})) is None
    whole, folded = estimate(calculation(covered(), task="curvature")), estimate(relaxation)
    assert folded.core_seconds == pytest.approx(whole.core_seconds * 3 / 5)
    assert folded.cores <= 3


def lithium_on_graphene() -> Atoms:
    atoms = graphene(size=(2, 2, 1), vacuum=4)
    atoms.pbc = (True, True, False)
    hollow = (atoms.cell[0] + 2 * atoms.cell[1]) / 6
    return atoms + Atoms("Li", [[*hollow[:2], atoms.positions[0, 2] + 1.7]])


def recorder(folder: Path, asked: Calculation, given: dict[str, Group]) -> Recorder:
    return Recorder(
        lambda atoms: Gpaw().calculator(atoms, asked.settings, folder, **given),
        CallLog(folder / "calls.xyz", writable=True),
        shift=given["group"].shift if given else 0.0,
    )


def own_symmetry(atoms: Atoms) -> Calculation:
    """Ask for a layer's cell: the engine finds the symmetry by itself."""
    asked = calculation(atoms, task="cell", options={"symmetry": True})
    return asked.model_copy(update={"settings": {**asked.settings, "symmetry": True}})


def test_what_the_engine_finds_by_itself_lies_about_the_origin(tmp_path: Path) -> None:
    """Wherever a file has the layer, it costs the same."""
    atoms = lithium_on_graphene()
    atoms.positions += 0.3 * atoms.cell[0] + 0.1 * atoms.cell[1]
    asked = own_symmetry(atoms)
    moved = centred(asked)
    assert np.abs(moved.positions - moved.positions[0] - atoms.positions + atoms.positions[0]).max() < 1e-9
    cell, scaled, kinds = moved.cell.array, moved.get_scaled_positions(), moved.numbers
    translations = spglib.get_symmetry((cell, scaled, kinds), symprec=1e-4)["translations"]
    assert (np.abs(translations - translations.round()).max(axis=1) < 1e-4).sum() == 12
    whole = estimate(asked.model_copy(update={"settings": {**asked.settings, "symmetry": False}}))
    assert estimate(asked).core_seconds == pytest.approx(whole.core_seconds * 3 / 5)
    assert centred(calculation(atoms, engine="emt")) == atoms


@pytest.mark.dft
def test_gpaw_folds_the_kpoints_of_a_cell_wherever_its_origin_is(tmp_path: Path) -> None:
    pytest.importorskip("gpaw")
    atoms = lithium_on_graphene()
    atoms.positions += 0.3 * atoms.cell[0] + 0.1 * atoms.cell[1]
    asked = own_symmetry(atoms)
    loose = {**asked.settings, "cutoff": 200, "convergence": {"energy": 9, "density": 9, "eigenstates": 9}}
    Gpaw().calculator(atoms, loose, tmp_path).get_potential_energy(centred(asked))
    assert "Number of IBZ points: 3" in (tmp_path / "gpaw.1.txt").read_text()


@pytest.mark.dft
def test_gpaw_gives_the_same_with_fewer_kpoints(tmp_path: Path) -> None:
    pytest.importorskip("gpaw")
    atoms = lithium_on_graphene()
    asked = calculation(atoms)
    group = kept(asked)
    assert group is not None
    assert np.abs(group.shift).max() > 0.1
    results = {}
    for name, given in {"folded": {"group": group}, "whole": {}}.items():
        folder = tmp_path / name
        folder.mkdir()
        results[name] = recorder(folder, asked, given).compute(atoms)
        results[name + " text"] = (folder / "gpaw.1.txt").read_text()
    assert "Number of IBZ points: 3" in results["folded text"]
    assert "Number of IBZ points: 5" in results["whole text"]
    assert results["folded"]["energy"] == pytest.approx(results["whole"]["energy"], abs=2e-3)
    assert np.abs(results["folded"]["forces"] - results["whole"]["forces"]).max() < 5e-3


@pytest.mark.dft
def test_potential_and_bader_charge_are_the_same_folded(tmp_path: Path) -> None:
    pytest.importorskip("gpaw")
    atoms = lithium_on_graphene()
    planar, charge = [], []
    for way in ("folded", "whole"):
        for task in ("potential", "bader"):
            asked = calculation(atoms, task=task, options={"voxel": 0.15})
            group = kept(asked)
            assert group is not None
            folder = tmp_path / f"{task} {way}"
            folder.mkdir()
            made = recorder(folder, asked, {"group": group} if way == "folded" else {})
            if task == "potential":
                planar.append(np.array(potential(atoms.copy(), Gpaw(), made)["planar"]))
            else:
                charge.append(bader(atoms.copy(), Gpaw(), made, asked.options)["charges"][-1])
    assert np.abs(planar[0] - planar[1]).max() < 0.01
    assert np.ptp(planar[0]) > 0.5
    assert charge[0] == pytest.approx(charge[1], abs=0.01)
    assert charge[0] > 0.5
