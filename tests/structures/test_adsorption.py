"""Adsorption sites where geometry gives them in closed form, slabs, and where an adsorbate is put."""

import numpy as np
import pytest
from ase import Atoms
from ase.data import covalent_radii
from ase.neighborlist import neighbor_list
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

from potash.structures.adsorption import ABOVE, SURFACE, SiteAt, adsorb, sites
from potash.structures.phases import phase
from potash.structures.slabs import facet_slab
from potash.structures.supercells import supercell

A_CU = 3.61496
NEAR = A_CU / 2**0.5
BOND = 2.4612 / 3**0.5
FACETS = [(1, 1, 1), (1, 0, 0), (1, 1, 0), (2, 1, 0), (2, 1, 1), (3, 1, 1), (3, 2, 1)]


def around(surface: Atoms, position: tuple[float, float]) -> np.ndarray:
    """Distances in the plane from a place to the surface's atoms, over many cells, in rising order."""
    height = surface.positions[:, 2]
    top = surface.positions[height > height.max() - SURFACE, :2]
    steps = np.array([[i, j] for i in range(-15, 16) for j in range(-15, 16)]) @ surface.cell.array[:2, :2]
    return np.sort(np.linalg.norm((top[:, None] + steps[None]).reshape(-1, 2) - position, axis=1))


def named(surface: Atoms) -> dict[str, SiteAt]:
    return {site.name: site for site in sites(surface)}


def test_graphene() -> None:
    found = named(phase("graphene"))
    assert {name: site.distance for name, site in found.items()} == pytest.approx(
        {"top": 0.0, "bridge": BOND / 2, "hollow": BOND}, abs=1e-6
    )
    counts = {
        name: int((around(phase("graphene"), site.position) < site.distance + 1e-4).sum())
        for name, site in found.items()
    }
    assert counts == {"top": 1, "bridge": 2, "hollow": 6}


@pytest.mark.parametrize(("size", "shear"), [*(((1, 1), shear) for shear in range(-4, 5)), ((3, 3), -1), ((3, 3), 2)])
def test_sites_do_not_depend_on_the_cell(size: tuple[int, int], shear: int) -> None:
    layer = supercell(phase("graphene"), (*size, 1))
    cell = layer.cell.array.copy()
    cell[1] += shear * cell[0]
    layer.set_cell(cell)
    layer.wrap()
    assert {name: site.distance for name, site in named(layer).items()} == pytest.approx(
        {"top": 0.0, "bridge": BOND / 2, "hollow": BOND}, abs=1e-6
    )


@settings(max_examples=20, deadline=None)
@given(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), st.floats(0, 360))
def test_sites_move_with_the_surface(shift: tuple[float, float], angle: float) -> None:
    layer = phase("graphene")
    layer.positions[:, :2] += shift
    layer.rotate(angle, "z", rotate_cell=True)
    for name, site in named(layer).items():
        assert around(layer, site.position)[0] == pytest.approx(
            {"top": 0, "bridge": BOND / 2, "hollow": BOND}[name], abs=1e-6
        )


def test_buckled_layer_has_two_hollows() -> None:
    edge = 4.11975806
    found = named(phase("antimonene"))
    assert {name: site.distance for name, site in found.items()} == pytest.approx(
        {"top": 0.0, "bridge": edge / 2, "hollow-1": edge / 3**0.5, "hollow-2": edge / 3**0.5}, abs=1e-6
    )


@pytest.mark.parametrize("seed", range(6))
def test_fcc_111(seed: int) -> None:
    """What a relaxation leaves in the tenth digit does not change which site is which."""
    slab = facet_slab(phase("Cu"), (1, 1, 1), 4)
    slab.positions += np.random.default_rng(seed).normal(scale=1e-10, size=(4, 3))
    found = named(slab)
    assert {name: site.distance for name, site in found.items()} == pytest.approx(
        {"top": 0.0, "bridge": NEAR / 2, "hollow-1": NEAR / 3**0.5, "hollow-2": NEAR / 3**0.5}, abs=1e-6
    )
    # One hollow lies over an atom of the second layer (hcp), the other over one of the third (fcc).
    under = []
    for name in ("hollow-1", "hollow-2"):
        below = slab.positions - [*found[name].position, 0]
        fractions = below @ np.linalg.inv(slab.cell.array)
        fractions[:, :2] -= np.round(fractions[:, :2])
        over = np.linalg.norm((fractions @ slab.cell.array)[:, :2], axis=1) < 0.01
        under.append(round(float(slab.positions[:, 2].max() - slab.positions[over, 2].max()) / (A_CU / 3**0.5)))
    assert under == [1, 2]


def test_fcc_100() -> None:
    found = named(facet_slab(phase("Cu"), (1, 0, 0), 4))
    assert {name: site.distance for name, site in found.items()} == pytest.approx(
        {"top": 0.0, "bridge": NEAR / 2, "hollow": A_CU / 2}, abs=1e-6
    )


@pytest.mark.parametrize(("angle", "hollows"), [(90, 1), (88, 1), (80, 2)])
def test_hollows_that_are_nearly_one_count_once(angle: float, hollows: int) -> None:
    """A square that is sheared falls into triangles, each with a hollow: 0.12 Å apart at 88°, 0.58 Å at 80°."""
    cell = [[NEAR, 0, 0], [NEAR * np.cos(np.radians(angle)), NEAR * np.sin(np.radians(angle)), 0], [0, 0, 10]]
    below = Atoms(
        "Al", [[0.6, 0.3, -3]], cell=cell, pbc=(True, True, False)
    )  # no symmetry maps the hollows onto each other
    found = sites(Atoms("Cu", [[0, 0, 0]], cell=cell, pbc=(True, True, False)) + below)
    kept = [site for site in found if site.name.startswith("hollow")]
    assert len(kept) == hollows
    assert all(site.distance == pytest.approx(around_triangle(angle)) for site in kept)


def around_triangle(angle: float) -> float:
    """Radius of the circle round the triangle of two edges of the cell, which is acute."""
    return NEAR / (2 * np.cos(np.radians(angle) / 2))


@pytest.mark.parametrize("seed", range(4))
def test_the_widest_hole_of_a_surface_is_a_site(seed: int) -> None:
    """Atoms off their square: the hollows that are nearly one differ in width."""
    surface = Atoms("Cu", [[0, 0, 0]], cell=[NEAR, NEAR, 10], pbc=(True, True, False)) * (2, 2, 1)
    surface.positions[:, :2] += np.random.default_rng(seed).uniform(-0.1, 0.1, (4, 2))
    images = np.array([[2 * i * NEAR, 2 * j * NEAR] for i in (-1, 0, 1) for j in (-1, 0, 1)])
    atoms = (surface.positions[:, None, :2] + images).reshape(-1, 2)
    middle, reach = np.full(2, NEAR), NEAR
    for _ in range(3):  # on finer and finer grids
        grid = np.linspace(-reach, reach, 101)
        places = middle + np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
        distance = KDTree(atoms).query(places)[0]
        middle, reach = places[distance.argmax()], 2 * (grid[1] - grid[0])
    assert max(site.distance for site in sites(surface)) == pytest.approx(distance.max(), abs=2e-4)


@pytest.mark.parametrize("name", ["Li", "Na", "K"])
def test_a_name_means_the_same_on_crystals_that_are_alike(name: str) -> None:
    """On bcc(110) the short bridge comes before the long one, whatever the lattice constant."""
    crystal = phase(name)
    constant = crystal.cell.lengths()[0]
    distances = {site.name: site.distance / constant for site in sites(facet_slab(crystal, (1, 1, 0), 3))}
    assert distances["bridge-1"] == pytest.approx(3**0.5 / 4)
    assert distances["bridge-2"] == pytest.approx(1 / 2)


def test_fcc_110() -> None:
    found = named(facet_slab(phase("Cu"), (1, 1, 0), 4))
    assert {name: site.distance for name, site in found.items()} == pytest.approx(
        {"top": 0.0, "bridge-1": NEAR / 2, "bridge-2": A_CU / 2, "hollow": np.hypot(NEAR, A_CU) / 2}, abs=1e-6
    )


@pytest.mark.parametrize("facet", FACETS)
def test_sites_of_every_facet_keep_what_their_names_say(facet: tuple[int, int, int]) -> None:
    slab = facet_slab(phase("Cu"), facet, 4)
    for site in sites(slab):
        near = around(slab, site.position)
        assert near[0] == pytest.approx(site.distance, abs=1e-6)
        if site.name.startswith("top"):
            assert near[0] == pytest.approx(0, abs=1e-6)
        if site.name.startswith("hollow"):
            assert near[2] == pytest.approx(near[0], abs=1e-3)
            assert near[0] > NEAR / 2


@pytest.mark.parametrize("name", ["Cu", "Al", "K", "Li"])
@pytest.mark.parametrize("facet", FACETS)
@pytest.mark.parametrize("layers", [3, 6])
def test_a_slab_has_the_layers_and_the_facet_asked_for(name: str, facet: tuple[int, int, int], layers: int) -> None:
    bulk = phase(name)
    slab = facet_slab(bulk, facet, layers)
    heights = np.unique(np.round(slab.positions[:, 2], 3))
    assert len(heights) == layers == len(slab)
    reduced = np.array(facet) / np.gcd.reduce(facet)
    spacing = bulk.cell.lengths()[0] / np.linalg.norm(reduced)
    parity = facet if name in ("Cu", "Al") else (sum(facet),)  # fcc: unmixed; bcc: an even sum; else half the spacing
    whole = len({index % 2 for index in parity}) == 1 if name in ("Cu", "Al") else parity[0] % 2 == 0
    assert np.diff(heights) == pytest.approx(spacing if whole else spacing / 2, abs=2e-3)
    area = np.linalg.norm(np.cross(*slab.cell.array[:2]))
    assert area * np.diff(heights)[0] == pytest.approx(bulk.get_volume() / len(bulk), rel=2e-3)
    assert slab.pbc.tolist() == [True, True, False]
    first, second = slab.cell.array[:2]
    assert abs(first @ second) <= min(first @ first, second @ second) / 2 + 1e-6  # as little skewed as can be
    assert first[1] == pytest.approx(0, abs=1e-9)
    assert np.allclose(slab.cell.array[:2, 2], 0)
    assert np.allclose(slab.cell.array[2, :2], 0)


def test_a_slab_is_cut_from_the_bulk_as_it_is() -> None:
    bulk = phase("Sb")
    slab = facet_slab(bulk, (0, 0, 1), 3)
    assert len(slab) == 6  # three bilayers
    nearest = min(neighbor_list("d", bulk, 4.0))
    assert min(neighbor_list("d", slab, 4.0)) == pytest.approx(nearest)
    assert (np.bincount(neighbor_list("i", slab, nearest + 0.1)) == 3).all()  # no bilayer is cut in half


def test_the_lower_half_is_frozen() -> None:
    slab = facet_slab(phase("Cu"), (1, 1, 1), 4)
    frozen = slab.constraints[0].index
    assert len(frozen) == 2
    free = np.delete(np.arange(4), frozen)
    assert slab.positions[frozen, 2].max() < slab.positions[free, 2].min()


@pytest.mark.parametrize("ion", ["K", "Li", "Al"])
@pytest.mark.parametrize(
    ("name", "facet", "layers"),
    [
        ("graphene", None, 1),
        ("Cu", (1, 1, 1), 4),
        ("NiO", (1, 0, 0), 4),
        ("ZnO", (1, 0, 0), 4),
        ("BiSbO4", (0, 1, 0), 4),
    ],
)
def test_an_adsorbate_touches_the_surface(name: str, facet: tuple[int, int, int] | None, layers: int, ion: str) -> None:
    surface = phase(name) if facet is None else facet_slab(phase(name), facet, layers)
    wide = supercell(surface, (3, 3, 1))
    wide.set_constraint(surface.constraints)
    for site in sites(surface):
        together = adsorb(wide, site.position, ion)
        assert together.symbols[-1] == ion
        assert len(together) == len(wide) + 1
        assert np.array_equal(together.positions[:-1], wide.positions)
        assert together.pbc.tolist() == wide.pbc.tolist()
        assert len(together.constraints) == len(wide.constraints)
        reach = covalent_radii[together.numbers[-1]] + covalent_radii[wide.numbers]
        apart = together.get_distances(-1, range(len(wide)), mic=True) / reach
        over = together.positions[-1, 2] - wide.positions[:, 2].max()
        assert over >= ABOVE - 1e-9
        assert apart.min() >= 1 - 1e-9
        assert apart.min() == pytest.approx(1) or over == pytest.approx(ABOVE)


def test_a_small_atom_over_a_wide_hollow_stays_above_the_surface() -> None:
    layer = Atoms("C", cell=(6, 6, 10), pbc=(True, True, False))
    assert adsorb(layer, (3.0, 3.0), "H").positions[-1, 2] == pytest.approx(ABOVE)
