"""RESP: charges that make a potential are found again, the sum is exact, alike atoms are alike, a published molecule."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.units import Bohr, Hartree

from potash.analysis.resp import Potential, charges, fit
from potash.calcs.electrostatics import surface
from potash.calcs.worker import compute
from potash.errors import BadInput
from potash.structures.components import component
from potash.structures.encoding import encode
from potash.structures.equivalence import equivalent, turning
from potash.workflows.jobs import resolve
from potash.workflows.resp import LEVEL

#: Acetic acid and its charges by R.E.D.-III.5 with GAMESS, HF/6-31G*, as github.com/cdsgroup/resp at 3f6d2f5c tests itself
#: against; atoms C, H, H, H, C, O, H, O.
ACETIC = Atoms(
    "CH3COHO",
    [
        (1.45051389, -0.06628932, 0.0), (1.75521613, -0.62865986, -0.87500146), (1.75521613, -0.62865986, 0.87500146),
        (1.92173244, 0.90485897, 0.0), (-0.04233122, 0.09849378, 0.0), (-0.67064817, -1.07620915, 0.0),
        (-1.60837259, -0.91016601, 0.0), (-0.62675864, 1.13160510, 0.0),
    ],
)  # fmt: skip
FITTED = [-0.290893, 0.098314, 0.098314, 0.098314, 0.803999, -0.661279, 0.453270, -0.600039]


def made(name: str, given: np.ndarray, shift: float = 0.0) -> dict[str, Any]:
    """Give the potential of charges on a molecule's atoms as the task does."""
    one = component(name)
    atoms = Atoms(one.elements, one.positions)
    atoms.rattle(shift, seed=3)
    points = surface(atoms)
    apart = np.linalg.norm(points[:, None] - atoms.positions[None], axis=2) / Bohr
    values = (given / apart).sum(axis=1) * Hartree
    return {"points": points.tolist(), "values": values.tolist(), "atoms": encode(atoms)}


def drawn(name: str) -> np.ndarray:
    """Draw charges that are alike where the atoms are."""
    one = component(name)
    classes = np.array(equivalent(one))
    found = np.random.default_rng(2).normal(0, 0.4, classes.max() + 1)[classes]
    found += (one.charge - found.sum()) / len(found)
    return found


def test_charges_that_make_a_potential_are_found_again_without_restraint() -> None:
    given = drawn("DMC")
    result = made("DMC", given)
    inverse = Bohr / np.linalg.norm(
        np.array(result["points"])[:, None] - np.array(component("DMC").positions)[None], axis=2
    )
    seen = [Potential(inverse, np.array(result["values"]) / Hartree)]
    heavy = np.array([element != "H" for element in component("DMC").elements])
    found = fit(seen, 0.0, heavy, [[atom] for atom in range(len(heavy))], {}, 0.0)
    assert found == pytest.approx(given, abs=1e-8)


def test_a_restraint_draws_heavy_atoms_to_zero() -> None:
    one = component("TEP")
    result = made("TEP", drawn("TEP"))
    inverse = Bohr / np.linalg.norm(np.array(result["points"])[:, None] - np.array(one.positions)[None], axis=2)
    seen = [Potential(inverse, np.array(result["values"]) / Hartree)]
    heavy = np.array([element != "H" for element in one.elements])
    alone = [[atom] for atom in range(len(heavy))]
    size = [np.hypot(fit(seen, 0.0, heavy, alone, {}, a)[heavy], 0.1).sum() for a in (0.0, 0.0005, 0.001, 0.01)]
    assert size == sorted(size, reverse=True)
    assert size[0] - size[-1] > 0.05


@pytest.mark.parametrize("name", ["DMC", "FSI-", "TEP"])
def test_the_sum_is_exact_and_alike_atoms_are_alike(name: str) -> None:
    one = component(name)
    given = drawn(name)
    result = charges([made(name, given), made(name, given, 0.05)], one.charge, equivalent(one), turning(one))
    found = np.array(result["charges"])
    assert found.sum() == pytest.approx(one.charge, abs=1e-10)
    assert result["conformers"] == 2
    for number in set(equivalent(one)):
        alike = found[np.array(equivalent(one)) == number]
        assert np.ptp(alike) < 1e-12
    assert 0 < result["misfit"] < 0.2


def test_a_published_molecule(tmp_path: Path) -> None:
    """By another program's points on the same surfaces, laid from another side: charges agree to a few thousandths."""
    recipe = {"engine": "pyscf", "protocol": "standard", "task": "electrostatics", "settings": LEVEL, "options": {}}
    result = compute(resolve(recipe, [encode(ACETIC)]), tmp_path, rank=0)
    found = charges([result], 0.0, [0, 1, 1, 1, 2, 3, 4, 5], [0, 1, 2, 3])
    assert found["charges"] == pytest.approx(FITTED, abs=3e-3)
    assert found["misfit"] == pytest.approx(0.089, abs=0.005)


def test_the_potential_far_away_is_that_of_the_charge(tmp_path: Path) -> None:
    from potash.calcs.engine import engine, protocol

    settings = {**protocol("pyscf", "standard", "molecule"), **LEVEL, "charge": -1.0}
    atoms = Atoms("OH", [(0, 0, 0), (0, 0, 0.97)])
    pyscf = engine("pyscf")
    points = np.array([[0.0, 0.0, 60.0], [-60.0, 0.0, 0.0]])
    found = pyscf.electrostatics(atoms, pyscf.complete(atoms, settings), tmp_path, points)
    assert found == pytest.approx(-Hartree * Bohr / 60.0, rel=0.02)


def test_points_lie_on_the_surfaces() -> None:
    one = Atoms("O")
    distances = np.linalg.norm(surface(one), axis=1)
    assert sorted(set(np.round(distances, 6))) == pytest.approx([1.4 * 1.4, 1.6 * 1.4, 1.8 * 1.4, 2.0 * 1.4])
    for scale in (1.4, 1.6, 1.8, 2.0):
        area = 4 * np.pi * (1.4 * scale) ** 2
        assert np.isclose(distances, scale * 1.4).sum() == pytest.approx(area, rel=0.25)
    two = Atoms("OH", [(0, 0, 0), (0, 0, 0.97)])
    points = surface(two)
    assert np.linalg.norm(points - two.positions[1], axis=1).min() > 1.4 * 1.2 - 1e-9


def test_an_element_without_a_radius_is_named() -> None:
    with pytest.raises(BadInput, match="no Merz-Kollman radius is known for Br"):
        surface(Atoms("CBr", [(0, 0, 0), (0, 0, 1.9)]))


def test_lewis_structures_do_not_part_what_is_alike() -> None:
    triflate = equivalent(component("OTf-"))
    oxygens = [number for element, number in zip(component("OTf-").elements, triflate, strict=True) if element == "O"]
    assert len(set(oxygens)) == 1
    phosphate = component("TMP")
    kinds = {
        number for element, number in zip(phosphate.elements, equivalent(phosphate), strict=True) if element == "O"
    }
    assert len(kinds) == 2  # P=O, and those of the three arms
    assert turning(component("FSI-")) == []
    assert len(turning(component("DEC"))) == 4 + 10
