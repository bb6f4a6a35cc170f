"""Bader's basins: densities whose zero-flux surfaces are known, and lithium fluoride on GPAW."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.geometry import get_distances
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.optimize import brentq

from potash.calcs import bader
from potash.calcs.bader import Basins, facets, partition
from potash.calcs.emt import Emt
from potash.calcs.worker import compute
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.workflows.jobs import resolve

LEANING = np.array([[3.0, 0.0, 0.0], [1.1, 2.9, 0.0], [-0.7, 0.8, 3.3]])


def fractions(size: tuple[int, int, int]) -> np.ndarray:
    return np.stack(np.meshgrid(*[np.arange(n) / n for n in size], indexing="ij"), axis=-1)


def gaussians(atoms: Atoms, weights: list[float], widths: list[float], size: tuple[int, int, int]) -> np.ndarray:
    """Lay normalised Gaussians on the atoms, with all their near images."""
    points = fractions(size).reshape(-1, 3) @ atoms.cell.array
    density = np.zeros(len(points))
    shifts = np.array(np.meshgrid(*[(-1, 0, 1)] * 3)).reshape(3, -1).T @ atoms.cell.array
    for place, weight, width in zip(atoms.positions, weights, widths, strict=True):
        squares = get_distances(points, place + shifts)[1] ** 2
        density += weight * (2 * np.pi * width**2) ** -1.5 * np.exp(-squares / (2 * width**2)).sum(axis=1)
    return density.reshape(size)


@settings(max_examples=30, deadline=None)
@given(arrays(float, (3, 3), elements=st.floats(-0.4, 0.4)))
def test_facets_close_around_the_voxel(noise: np.ndarray) -> None:
    """By the divergence theorem, ``Σ (area / distance) d dᵀ = 2 V`` for the facets of a lattice's Voronoi cell."""
    lattice = np.eye(3) + noise
    found = facets(lattice)
    tensor = sum(weight * np.outer(steps @ lattice, steps @ lattice) for steps, weight in found)
    assert tensor == pytest.approx(2 * abs(np.linalg.det(lattice)) * np.eye(3), abs=1e-8)
    assert {tuple(-step for step in steps) for steps, _ in found} == {steps for steps, _ in found}


@pytest.mark.parametrize(("sort", "neighbours"), [("sc", 6), ("fcc", 12), ("bcc", 14)])
def test_facets_of_cubic_lattices(sort: str, neighbours: int) -> None:
    assert len(facets(bulk("X", sort, a=1.0).cell.array)) == neighbours


@pytest.mark.parametrize("cell", [np.diag([3.0, 3.2, 5.0]), LEANING])
def test_a_symmetric_pair_shares_alike(cell: np.ndarray) -> None:
    pair = Atoms("H2", scaled_positions=[[0, 0, 0.25], [0, 0, 0.75]], cell=cell, pbc=True)
    density = gaussians(pair, [1.0, 1.0], [0.4, 0.4], (18, 18, 24))
    found = partition(density, pair)
    assert found.electrons[0] == pytest.approx(found.electrons[1], abs=1e-10)
    assert found.electrons.sum() + found.vacuum == pytest.approx(density.mean() * pair.cell.volume, abs=1e-10)
    assert found.astray == 0


def profile(x: float) -> float:
    """Have two unequal maxima in a period of 1."""
    return 2.0 + np.cos(4 * np.pi * x) + 0.4 * np.sin(2 * np.pi * x + 0.6)


def planar(count: int) -> tuple[Basins, float]:
    """Partition ``f(u) g(v) g(w)`` of the fractions; give what falls to the first atom, and what should."""

    def slope(x: float) -> float:
        return float(-4 * np.pi * np.sin(4 * np.pi * x) + 0.8 * np.pi * np.cos(2 * np.pi * x + 0.6))

    cell = np.array([[4.0, 0, 0], [0, 3.0, 0], [0, 0.9, 3.0]])
    left, right = brentq(slope, 0.15, 0.35), brentq(slope, 0.6, 0.85)
    inner = quad(profile, left, right)[0] / quad(profile, 0, 1)[0]
    u, v, w = np.moveaxis(fractions((count, count, count)), -1, 0)
    density = profile(u) * (1.2 + np.cos(2 * np.pi * v)) * (1.2 + np.cos(2 * np.pi * w))
    density *= 10 / (density.mean() * abs(np.linalg.det(cell)))
    tops = [brentq(slope, -0.1, 0.1), brentq(slope, 0.4, 0.6)]
    atoms = Atoms("HF", scaled_positions=[[top, 0, 0] for top in tops], cell=cell, pbc=True)
    return partition(density, atoms), 10 * inner


def test_the_surface_lies_in_the_known_plane() -> None:
    """Where the density is a product, its zero-flux surfaces are the planes at the minima of one factor."""
    errors = []
    for count in (10, 20, 40, 80):
        found, inner = planar(count)
        errors.append(abs(float(found.electrons[1]) - inner))
    assert max(errors[1:]) < 2e-3  # of ten electrons
    assert max(errors[1:]) < errors[0] / 20


def test_nothing_changes_under_translations_of_the_grid() -> None:
    atoms = Atoms("LiF", scaled_positions=[[0.1, 0.2, 0.3], [0.6, 0.65, 0.8]], cell=LEANING, pbc=True)
    density = gaussians(atoms, [2.0, 10.0], [0.3, 0.5], (20, 24, 22))
    before = partition(density, atoms)
    moved = atoms.copy()
    moved.set_scaled_positions(atoms.get_scaled_positions() + np.array([7 / 20, 3 / 24, -9 / 22]))
    after = partition(np.roll(density, (7, 3, -9), axis=(0, 1, 2)), moved)
    assert after.electrons == pytest.approx(before.electrons, abs=1e-10)


def test_long_voxels_part_unequal_atoms_where_cubic_ones_do() -> None:
    """Facets count by area over distance: by the slope alone the long ones were off by 0.019."""
    places = [[0.3, 0.35, 0.4], [0.55, 0.6, 0.62]]
    pair = Atoms("H2", scaled_positions=places, cell=[6.0, 6.0, 6.0], pbc=True)
    cubic, long = (
        partition(gaussians(pair, [2.0, 1.0], [0.8, 0.5], shape), pair).electrons
        for shape in ((60, 60, 60), (60, 60, 15))
    )
    assert long == pytest.approx(cubic, abs=5e-3)


def test_another_basis_of_the_lattice_gives_the_same() -> None:
    """The same crystal in a cell whose third vector leans over by a whole vector: the same points, named otherwise."""
    atoms = Atoms("LiF", scaled_positions=[[0, 0, 0], [0.5, 0.45, 0.5]], cell=LEANING, pbc=True)
    other = atoms.copy()
    other.set_cell(np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1]]) @ LEANING)
    both = [partition(gaussians(each, [2.0, 10.0], [0.3, 0.5], (24, 24, 24)), each) for each in (atoms, other)]
    assert both[1].electrons == pytest.approx(both[0].electrons, abs=2e-3)


def test_grids_converge() -> None:
    atoms = Atoms("LiF", scaled_positions=[[0, 0, 0], [0.5, 0.5, 0.5]], cell=LEANING, pbc=True)
    found = [partition(gaussians(atoms, [2, 10], [0.3, 0.5], (n, n, n)), atoms).electrons[0] for n in (16, 24, 48)]
    assert found[1] == pytest.approx(found[2], abs=0.01)
    assert abs(found[1] - found[2]) < abs(found[0] - found[2])


def test_what_is_too_thin_is_vacuum_and_is_told() -> None:
    pair = Atoms("H2", [[4, 4, 3.5], [4, 4, 4.5]], cell=[8, 8, 8], pbc=False)
    density = gaussians(pair, [1, 1], [0.4, 0.4], (40, 40, 40))
    found = partition(density, pair)
    assert 0 < found.vacuum < 1e-2
    assert found.electrons.sum() + found.vacuum == pytest.approx(density.sum() * 0.2**3, abs=1e-10)


def test_a_maximum_without_an_atom_is_told() -> None:
    three = Atoms("H3", scaled_positions=[[0.1, 0, 0], [0.5, 0.5, 0.5], [0.9, 0, 0]], cell=[5, 5, 5], pbc=True)
    density = gaussians(three, [1, 0.5, 1], [0.3, 0.3, 0.3], (30, 30, 30))
    del three[1]
    found = partition(density, three)
    assert found.astray == pytest.approx(0.5, abs=0.02)
    assert found.electrons.sum() + found.vacuum == pytest.approx(2.5, abs=1e-6)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    atoms = Atoms("LiF", scaled_positions=[[0.1, 0.2, 0.3], [0.6, 0.65, 0.8]], cell=LEANING, pbc=True)
    density = gaussians(atoms, [2.0, 10.0], [0.3, 0.5], (20, 24, 22))
    whole = partition(density, atoms)
    for size in (97, 5000):
        monkeypatch.setattr(bader, "BLOCK", size)
        found = partition(density, atoms)
        assert found.electrons == pytest.approx(whole.electrons, abs=1e-11)
        assert (found.vacuum, found.astray) == (whole.vacuum, whole.astray)


@settings(max_examples=20, deadline=None)
@given(arrays(float, (3, 3), elements=st.floats(-3, 3)), st.integers(0, 99))
def test_the_nearest_atom_is_found_in_any_cell(noise: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    atoms = Atoms("H5", scaled_positions=rng.uniform(-1, 2, (5, 3)), cell=4 * np.eye(3) + noise, pbc=True)
    if abs(atoms.cell.volume) < 5:
        return
    places = rng.uniform(-1, 2, (6, 3))
    shifts = np.array(np.meshgrid(*[range(-9, 10)] * 3)).reshape(3, -1).T @ atoms.cell.array
    apart = (places @ atoms.cell.array)[:, None] - atoms.positions
    distances = np.array([[np.linalg.norm(each + shifts, axis=1).min() for each in row] for row in apart])
    found, far = bader._nearest(places, atoms)
    assert distances[range(6), found] == pytest.approx(distances.min(axis=1), abs=1e-9)
    assert (far == (distances.min(axis=1) > bader.OWN)).all()


def test_an_engine_without_electrons_refuses(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the engine emt has no electron density"):
        Emt().density(Atoms("Cu"), None, 0.1)


def test_splines_between_points_ring_neither_nor_lose_electrons() -> None:
    """A density that falls to nothing stays positive but for a hair, where a Fourier series would ring."""
    gpaw = pytest.importorskip("potash.calcs.gpaw")
    x, y = np.arange(24) / 24, np.arange(60) / 60
    smooth = np.exp(3 * np.cos(2 * np.pi * x))
    finer = gpaw._finer(smooth[:, None, None] * np.ones((1, 8, 8)), (60, 12, 8))
    assert finer.shape == (60, 12, 8)
    assert finer[:, 5, 3] == pytest.approx(np.exp(3 * np.cos(2 * np.pi * y)), abs=2e-2)  # of 20
    assert finer.mean() == pytest.approx(smooth.mean(), rel=1e-5)
    cusp = np.exp(-40 * np.abs(x - 0.5))
    fourier = np.fft.irfft(np.pad(np.fft.rfft(cusp), (0, 18)), 60) * 60 / 24
    assert gpaw._finer(cusp[:, None, None], (60, 1, 1)).min() > fourier.min() / 3


@pytest.mark.dft
def test_lithium_fluoride(tmp_path: Path) -> None:
    """An ionic crystal: Bader's charges come near the formal ones, on either grid."""
    crystal = encode(bulk("LiF", "rocksalt", a=4.03))
    found = []
    for folder, options in (("protocol's", {}), ("fine", {"voxel": 0.06})):
        recipe = {"engine": "gpaw", "protocol": "fast", "settings": {"kpoints": [2, 2, 2]}, "task": "bader"}
        calculation = resolve({**recipe, "options": options}, [crystal])
        (tmp_path / folder).mkdir()
        found.append(compute(calculation, tmp_path / folder, rank=0))
    coarse, fine = found
    assert fine["calls"] == 1
    assert fine["charges"] == pytest.approx([0.92, -0.92], abs=0.02)
    assert coarse["charges"] == pytest.approx(fine["charges"], abs=0.02)
    assert sum(fine["charges"]) == pytest.approx(0, abs=1e-3)
    assert fine["astray"] == fine["vacuum"] == 0
