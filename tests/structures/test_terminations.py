"""Terminations whose number and nature crystal chemistry tells, in whatever cell the crystal is given."""

from functools import cache

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.spacegroup import crystal
from hypothesis import given, settings
from hypothesis import strategies as st

from potash.errors import BadInput
from potash.structures.bonds import bonds, charges, molecules
from potash.structures.facets import Facet
from potash.structures.phases import phase
from potash.structures.slabs import stacked
from potash.structures.supercells import supercell
from potash.structures.termination_record import Terminations
from potash.structures.terminations import terminations
from tests.structures.faces import phosphate


def rutile() -> Atoms:
    return crystal(
        ["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=[4.594, 4.594, 2.959, 90, 90, 90]
    )


def wurtzite() -> Atoms:
    return crystal(
        ["Zn", "O"],
        [(1 / 3, 2 / 3, 0), (1 / 3, 2 / 3, 0.382)],
        spacegroup=186,
        cellpar=[3.25, 3.25, 5.207, 90, 90, 120],
    )


def corundum() -> Atoms:
    return crystal(
        ["Al", "O"], [(0, 0, 0.352), (0.306, 0, 0.25)], spacegroup=167, cellpar=[4.759, 4.759, 12.99, 90, 90, 120]
    )


def shown(found: Terminations) -> dict[str, tuple[bool | None, bool]]:
    return {name: (one.polar, one.symmetric) for name, one in found.known.items()}


def test_rocksalt() -> None:
    assert shown(terminations(phase("KF"), (1, 0, 0))) == {"KF": (False, True)}
    assert shown(terminations(phase("KF"), (1, 1, 1))) == {"F": (True, False), "K": (True, False)}
    found = terminations(phase("KF"), (1, 1, 1)).known
    assert (found["F"].bottom, found["K"].bottom) == ("K", "F")
    assert found["K"].dipole == pytest.approx(-found["F"].dipole)
    # Half of each ion's six bonds, and one ion a face.
    assert found["K"].bonds["K–F"] == pytest.approx(300 / found["K"].area)


def test_antifluorite() -> None:
    found = terminations(phase("K2Se"), (1, 1, 1))
    assert shown(found) == {"K-1": (False, True), "K-2": (True, False), "Se": (True, False)}
    assert [one.tasker for one in found.known.values()] == [2, 3, 3]
    assert terminations(phase("K2Se"), (1, 1, 0)).choose().tasker == 1
    assert found.choose().name == "K-1"
    with pytest.raises(BadInput, match=r"every termination of K2Se \(1 0 0\) is polar.*K, Se"):
        terminations(phase("K2Se"), (1, 0, 0)).choose()
    with pytest.raises(BadInput, match=r"no termination 'K' .*\(it has: K-1, K-2, Se, Se-half\)"):
        found.choose("K")


def test_rutile_110_has_the_known_three() -> None:
    found = terminations(rutile(), (1, 1, 0))
    assert shown(found) == {"O-1": (False, True), "O-2": (True, False), "TiO": (True, False)}
    # Bridging oxygens on top: of the cell's two Ti one keeps six bonds, the other has five.
    assert found.known["O-1"].bonds["Ti–O"] == pytest.approx(200 / found.known["O-1"].area)


def test_wurtzite() -> None:
    polar = terminations(wurtzite(), (0, 0, 1)).known
    assert {one.polar for one in polar.values()} == {True}
    assert {one.bottom for one in polar.values()} == {None}  # nothing turns a polar crystal over
    assert sorted(round(one.bonds["Zn–O"] * one.area / 100) for one in polar.values()) == [1, 3]
    assert terminations(wurtzite(), (1, 0, 0)).choose().polar is False


def test_terminations_of_one_composition_are_kept_apart() -> None:
    found = terminations(corundum(), (0, 0, 1))
    assert shown(found) == {"Al-1": (False, True), "Al-2": (True, False), "O": (True, False)}


def test_both_sides_of_a_slab_count_where_they_differ() -> None:
    """Tetragonal FeCuPt2: a slab of (100) has FePt on one side and CuPt on the other (pymatgen issue 1894)."""
    sites = [(0, 0, 0), (0.5, 0.5, 0), (0, 0.5, 0.5), (0.5, 0, 0.5)]
    alloy = Atoms(["Fe", "Cu", "Pt", "Pt"], cell=[3.88, 3.88, 3.7], scaled_positions=sites, pbc=True)
    found = terminations(alloy, (1, 0, 0))
    assert sorted(found.known) == ["CuPt", "FePt"]
    assert {one.polar for one in found.known.values()} == {False}  # an alloy has no charges


@pytest.mark.parametrize(("name", "facet", "cut"), [("Cu", (1, 1, 1), 3), ("Cu", (1, 0, 0), 4), ("Cu", (1, 1, 0), 6),
                                                     ("Li", (1, 1, 0), 2), ("Si", (1, 1, 1), 1), ("Sb", (0, 0, 1), 0)])  # fmt: skip
def test_as_many_bonds_are_cut_as_geometry_says(name: str, facet: Facet, cut: int) -> None:
    chosen = terminations(phase(name), facet).choose()
    assert chosen.cut * chosen.area / 100 == pytest.approx(cut, abs=1e-6)
    assert chosen.polar is False


@cache
def known(name: str, facet: Facet) -> list[tuple[str, object, float]]:
    return [(one.name, one.polar, round(one.cut, 1)) for one in terminations(phase(name), facet).known.values()]


@settings(max_examples=8, deadline=None)
@given(
    st.sampled_from([("K2Se", (1, 1, 1)), ("K3Sb-hexagonal", (1, 0, 1)), ("KP", (0, 1, 0))]),
    st.tuples(*[st.floats(0, 1)] * 3),
    st.floats(0, 360),
    st.booleans(),
)
def test_terminations_do_not_depend_on_how_the_crystal_is_given(
    case: tuple[str, Facet], shift: tuple[float, float, float], angle: float, doubled: bool
) -> None:
    name, facet = case
    bulk = phase(name)
    bulk.positions += np.array(shift) @ bulk.cell.array
    bulk.wrap()
    bulk.rotate(angle, (1, 2, 3), rotate_cell=True)
    h, k, l = facet  # noqa: E741
    if doubled:
        bulk, h = supercell(bulk, (2, 1, 1)), 2 * h
    found = terminations(bulk, (h, k, l)).known.values()
    assert [(one.name, one.polar, round(one.cut, 1)) for one in found] == known(name, facet)


def test_a_primitive_cell_has_the_same_terminations() -> None:
    primitive = phase("K2Se", primitive=True)
    h, k, l = np.round(primitive.cell.array @ np.linalg.inv(phase("K2Se").cell.array) @ (2, 2, 2)).astype(int)  # noqa: E741
    found = terminations(primitive, (int(h), int(k), int(l)))
    assert shown(found) == shown(terminations(phase("K2Se"), (1, 1, 1)))


def test_molecules_stay_whole() -> None:
    ring = phase("S-alpha", primitive=True)
    assert sorted(np.bincount(molecules(ring)[0])) == [8, 8, 8, 8]
    found = terminations(phase("S-alpha"), (1, 1, 1))
    assert found.through > 0
    for one in found.known.values():
        assert one.bonds == {}
        slab = stacked(one.unit, 1)
        slab.pbc = True
        assert (np.bincount(bonds(slab).first) == 2).all()


@pytest.mark.parametrize("facet", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)])
def test_polyanions_stay_whole_unless_asked(facet: Facet) -> None:
    crystal = phosphate()
    assert charges(crystal) == {"Li": 1, "P": 5, "O": -2}
    found = terminations(crystal, facet)
    for one in found.known.values():
        assert not any("P" in kind for kind in one.bonds)
        slab = stacked(one.unit, 2)
        pairs = bonds(slab)
        around = np.bincount(pairs.first[slab.symbols[pairs.second] == "O"], minlength=len(slab))
        assert (around[slab.symbols == "P"] == 4).all()
    asked = terminations(crystal, facet, cut_molecules=True)
    assert asked.through == 0
    assert any("P–O" in one.bonds for one in asked.known.values()) == (found.through > 0)


def test_a_molecular_crystal_is_cut_between_molecules() -> None:
    one = molecule("CH4")
    one.set_cell([4.5, 4.5, 4.5])
    one.pbc = True
    found = terminations(one, (1, 1, 1))
    assert len(found.known) == 1
    assert found.through > 0
    assert found.choose().bonds == {}


def test_intermetallics_have_no_charges_and_symmetry_tells() -> None:
    assert charges(phase("KBi2")) is None
    assert charges(phase("K3Bi-hexagonal")) == {"K": 1, "Bi": -3}
    assert charges(phase("Cu")) == {"Cu": 0}
    assert charges(phase("Cu6Sn5")) == {"Cu": 0, "Sn": 0}
    assert charges(phase("KSn")) is None  # metals both, but of unlike electronegativity
    for one in terminations(phase("KBi2"), (1, 0, 0)).known.values():
        assert one.polar is (False if one.symmetric else None)
        assert one.tasker is None


def test_a_symmetric_termination_has_equivalent_sides() -> None:
    """A slab turned upside down by symmetry: spglib finds an operation that flips the normal."""
    from potash.structures.symmetry import operations

    for one in terminations(phase("K3Sb-hexagonal"), (1, 0, 1)).known.values():
        slab = stacked(one.unit, 2)
        slab.pbc = True
        rotations, _ = operations(slab, 1e-2)
        turned = slab.cell.array.T @ rotations @ np.linalg.inv(slab.cell.array.T)
        assert bool((turned[:, 2, 2] < -0.99).any()) == one.symmetric


def test_noise_of_a_file_changes_nothing() -> None:
    rough = phase("K2Se")
    rough.positions += np.random.default_rng(1).normal(scale=5e-4, size=rough.positions.shape)
    assert shown(terminations(rough, (1, 1, 1))) == shown(terminations(phase("K2Se"), (1, 1, 1)))


def test_a_slab_with_both_sides_alike_may_lack_atoms() -> None:
    selenide = terminations(phase("K2Se"), (1, 1, 1)).known
    assert {name: one.stoichiometric for name, one in selenide.items()} == {"K-1": True, "K-2": False, "Se": False}
    zincite = terminations(phase("ZnO"), (0, 0, 1)).known
    assert {one.stoichiometric for one in zincite.values()} == {None}, "nothing turns wurtzite's (001) over"
    for name, facet in (("K2Se", (1, 1, 1)), ("BiSbO4", (0, 0, 1)), ("KF", (1, 1, 1))):
        for one in terminations(phase(name), facet).known.values():
            if one.surplus is None:
                continue
            slab = stacked(one.unit, 3, left_out=one.surplus)
            assert one.stoichiometric == (
                slab.symbols.formula.reduce()[0].count() == one.unit.symbols.formula.reduce()[0].count()
            )
