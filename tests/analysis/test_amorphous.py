"""Pair distributions: of a gas, of a crystal, of any cell of it; coordination."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.md.langevin import Langevin

from potash.analysis.amorphous import ORDER, coordination, order, pair_distribution, shell, summarise
from potash.structures.encoding import encode


def test_atoms_that_know_nothing_of_each_other() -> None:
    numbers = np.random.default_rng(0)
    gas = Atoms("Ar600", numbers.random((600, 3)) * 25, cell=[25, 25, 25], pbc=True)
    radii, g = pair_distribution(gas)
    assert g[radii > 2].mean() == pytest.approx(1, abs=0.02)
    assert np.std(g[radii > 5]) < 0.05


@pytest.mark.parametrize(("crystal", "nearest", "neighbours"), [
    (bulk("Cu", a=3.6, cubic=True), 3.6 / 2**0.5, 12),
    (bulk("Si", a=5.43, cubic=True), 5.43 * 3**0.5 / 4, 4),
])  # fmt: skip
def test_a_crystal_is_ordered(crystal: Atoms, nearest: float, neighbours: int) -> None:
    atoms = crystal.repeat(3)
    radii, g = pair_distribution(atoms)
    peak, minimum = shell(radii, g)
    assert peak == pytest.approx(nearest, abs=0.05)
    assert (coordination(atoms, minimum) == neighbours).all()
    assert order(radii, g) > ORDER


def test_a_crystal_that_is_shaken_is_a_crystal_still() -> None:
    atoms = bulk("Cu", a=3.6, cubic=True).repeat(3)
    atoms.rattle(0.05, seed=1)
    assert order(*pair_distribution(atoms)) > ORDER


def test_a_melt_has_no_order() -> None:
    """Copper on EMT, in the crystal's cell and at its density, far above where it melts."""
    atoms = bulk("Cu", a=3.6, cubic=True).repeat(2)
    assert order(*pair_distribution(atoms)) > ORDER
    atoms.calc = EMT()
    motion = Langevin(
        atoms, 4 * units.fs, temperature_K=4000, friction=0.02 / units.fs, rng=np.random.default_rng(1), fixcm=False
    )
    motion.run(250)
    assert order(*pair_distribution(atoms)) < ORDER


def result(atoms: Atoms, key: str, **more: object) -> dict[str, object]:
    return {"atoms": encode(atoms), "energy": -3.0 * len(atoms), "force": 0.01, "engine": key, "key": key, **more}


@pytest.fixture
def pair() -> tuple[dict[str, object], dict[str, object]]:
    """A gas of argon as one engine quenched it, and as another one relaxed it: every atom moved by 0.3 Å."""
    gas = Atoms("Ar40", np.random.default_rng(0).random((40, 3)) * 12, cell=[12, 12, 12], pbc=True)
    moved = gas.copy()
    moved.positions[:, 0] += 0.3
    return result(gas, "cheap", pressure=2.5, temperatures=[300.0], energies=[-120.0]), result(moved, "dear")


def test_the_note_tells_both_engines_and_how_far_atoms_moved(pair: tuple[dict[str, object], ...]) -> None:
    quenched, relaxed = pair
    quantities, _, notes = summarise([relaxed], [quenched], 1.5355, {"force": 0.05})
    assert any("made by cheap, relaxed by dear, which moved its atoms by 0.30 Å" in note for note in notes)
    assert quantities["pressure"].value == 2.5
    assert "cheap" in quantities["pressure"].says
    assert quantities["density"].value == pytest.approx(40 * 39.948 / 12**3 / 0.602214, rel=1e-4)
    assert all(check.passed for check in quantities["density"].checks)


def test_another_density_than_was_asked_is_refused(pair: tuple[dict[str, object], ...]) -> None:
    quenched, relaxed = pair
    quantities, *_ = summarise([relaxed], [quenched], 1.6, {"force": 0.05})
    assert not quantities["density"].checks[0].passed
