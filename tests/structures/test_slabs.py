"""Slabs: of the bulk's composition, as thick as asked, and as the relaxed crystal is."""

import numpy as np
import pytest
from ase.build import fcc111
from ase.neighborlist import neighbor_list

from potash.structures.facets import facets
from potash.structures.phases import names, phase
from potash.structures.slabs import VACUUM, facet_slab, layers_of, stacked
from potash.structures.supercells import carried
from potash.structures.terminations import terminations

#: Large cells, left to the tests of molecules.
CRYSTALS = [name for name in names() if phase(name).pbc.all() and len(phase(name, primitive=True)) < 20]


@pytest.mark.parametrize("name", CRYSTALS)
def test_a_slab_of_n_layers_has_n_times_the_bulk(name: str) -> None:
    bulk, primitive = phase(name), phase(name, primitive=True)
    for facet in facets(bulk, 1)[:3]:
        for one in list(terminations(bulk, facet).known.values())[:3]:
            slab = stacked(one.unit, 3, freeze=False)
            assert slab.symbols.formula.count() == {k: 3 * v for k, v in primitive.symbols.formula.count().items()}
            assert slab.pbc.tolist() == [True, True, False]
            assert np.allclose(slab.cell.array[:2, 2], 0)
            assert slab.positions[:, 2].min() == pytest.approx(VACUUM, abs=1e-6)
            assert slab.cell.array[2, 2] - slab.positions[:, 2].max() == pytest.approx(VACUUM, abs=1e-6)
            nearest = min(neighbor_list("d", bulk, 6.0))
            assert min(neighbor_list("d", slab, 6.0)) >= nearest - 1e-3  # no atom was put into another's place


def test_cutting_leaves_the_inside_as_it_was() -> None:
    """In the middle of a thick slab each atom has the bulk's neighbours."""
    bulk = phase("K3Sb-hexagonal")
    slab = stacked(terminations(bulk, (1, 0, 1)).choose("K-3").unit, 5, freeze=False)
    inside = np.abs(slab.positions[:, 2] - slab.positions[:, 2].mean()) < 3

    def shells(atoms, chosen):  # type: ignore[no-untyped-def]
        i, d = neighbor_list("id", atoms, 5.0)
        return sorted((str(atoms.symbols[atom]), *np.sort(np.round(d[i == atom], 2))) for atom in chosen)

    assert set(shells(slab, np.flatnonzero(inside))) <= set(shells(bulk, range(len(bulk))))


def test_the_fcc_slab_is_that_of_ase() -> None:
    mine, theirs = facet_slab(phase("Cu"), (1, 1, 1), 4), fcc111("Cu", (1, 1, 4), a=phase("Cu").cell.lengths()[0])
    assert mine.cell.cellpar()[:2] == pytest.approx(theirs.cell.cellpar()[:2])
    for atoms in (mine, theirs):
        atoms.positions -= atoms.positions[0]
    assert sorted(neighbor_list("d", mine, 6.0)) == pytest.approx(sorted(neighbor_list("d", theirs, 6.0)))


def test_thickness_is_the_least_that_reaches() -> None:
    chosen = terminations(phase("K2Se"), (1, 1, 1)).choose()
    for thickness in (0.1, chosen.height, chosen.height + 0.01, 17.0):
        layers = layers_of(chosen, thickness)
        assert layers * chosen.height >= thickness - 1e-5
        assert layers == 1 or (layers - 1) * chosen.height < thickness


def test_nothing_is_frozen_where_it_is_not_asked() -> None:
    chosen = terminations(phase("K2Se"), (1, 1, 1)).choose()
    assert not stacked(chosen.unit, 2, freeze=False).constraints
    assert len(stacked(chosen.unit, 2).constraints[0].index) == 3


def test_a_unit_follows_the_relaxed_crystal() -> None:
    """The crystal is strained and its free coordinate moved: the unit has the same neighbours as one cut afresh."""
    before = phase("Sb", primitive=True)
    after = before.copy()
    after.set_cell(before.cell.array * 1.03, scale_atoms=True)
    after.positions += np.array([[0, 0, 0.05], [0, 0, -0.05]])
    chosen = terminations(phase("Sb"), (0, 0, 1)).choose()
    follows = carried(chosen.unit, before, after)
    for cut in (3.2, 5.0):
        assert sorted(neighbor_list("d", follows, cut)) == pytest.approx(sorted(neighbor_list("d", after, cut)))
    # Bilayers are still whole.
    slab = stacked(follows, 2)
    assert (np.bincount(neighbor_list("i", slab, min(neighbor_list("d", slab, 4.0)) + 0.1)) == 3).all()


def test_a_unit_follows_a_larger_cell_as_well() -> None:
    """Files are taken as they are: a conventional cell is relaxed, and holds several units."""
    before = phase("K2Se")
    after = before.copy()
    after.set_cell(before.cell.array * 0.98, scale_atoms=True)
    chosen = terminations(before, (1, 1, 1)).choose()
    follows = carried(chosen.unit, before, after)
    assert follows.get_volume() * 4 == pytest.approx(after.get_volume())
    assert np.allclose(follows.positions, chosen.unit.positions * 0.98)
