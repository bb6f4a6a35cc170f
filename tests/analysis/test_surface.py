"""Lines through energies that are known, and shapes that geometry knows."""

import numpy as np
import pytest
from ase.units import J, m
from hypothesis import given
from hypothesis import strategies as st

from potash.analysis.surface import line
from potash.analysis.wulff import wulff
from potash.structures.facets import equivalents, normal_of
from potash.structures.phases import phase


def normals(name: str, *facets: tuple[int, int, int]) -> list[np.ndarray]:
    bulk = phase(name)
    return [np.array([normal_of(bulk.cell.array, one) for one in equivalents(bulk, facet)]) for facet in facets]


@given(st.floats(0.05, 3), st.floats(1, 200), st.floats(-500, -1), st.floats(-0.1, 0.1))
def test_a_line_gives_back_what_made_it(gamma: float, area: float, bulk: float, wrong: float) -> None:
    layers = [3, 5, 8]
    energies = [2 * gamma * area * J / m**2 + n * bulk for n in layers]
    fit = line(layers, energies, area, bulk + wrong)
    assert fit.energy == pytest.approx(gamma, abs=1e-6)
    assert fit.slope == pytest.approx(bulk, abs=1e-6)
    # A wrong bulk energy makes the slabs' own values drift, most of all the thickest one's, and the error tells it.
    assert fit.error == pytest.approx(8 * abs(wrong) / (2 * area) * m**2 / J, abs=1e-6)
    assert fit.alone[0] == pytest.approx(gamma - 3 * wrong / (2 * area) * m**2 / J, abs=1e-6)


def test_noise_gives_the_standard_error_of_an_intercept() -> None:
    draw = np.random.default_rng(3)
    layers, area, sigma = list(range(3, 11)), 8.0, 0.01
    fits = [line(layers, [-3.0 * n + 1 + e for n, e in zip(layers, draw.normal(scale=sigma, size=8), strict=True)], area, -3.0)
            for _ in range(300)]  # fmt: skip
    counts = np.array(layers)
    exact = sigma * np.sqrt(1 / 8 + counts.mean() ** 2 / ((counts - counts.mean()) ** 2).sum()) / (2 * area) * m**2 / J
    assert np.std([fit.energy for fit in fits]) == pytest.approx(exact, rel=0.15)


def test_slabs_that_lean_are_told_by_the_error() -> None:
    """A thin slab's energy is off the line that the thicker ones make: the line misses, and its error covers it."""
    gamma, area = 0.2, 40.0
    energies = [2 * gamma * area * J / m**2 - 10.0 * n + bend for n, bend in ((3, 0.1), (5, 0.0), (6, 0.0))]
    fit = line([3, 5, 6], energies, area, -10.0)
    assert abs(fit.energy - gamma) > 0.01
    assert fit.error >= abs(fit.energy - gamma) - 1e-9


def test_a_cube_an_octahedron_and_a_dodecahedron() -> None:
    for facet, count, sides in (((1, 0, 0), 6, 4), ((1, 1, 1), 8, 3), ((1, 1, 0), 12, 4)):
        faces = wulff(normals("Cu", facet), [0.7])
        assert faces is not None
        assert [len(face.corners) for face in faces] == [sides] * count
        # The volume of the shape by its faces is the height times a third of their area.
        corners = np.vstack([face.corners for face in faces])
        from scipy.spatial import ConvexHull

        assert ConvexHull(corners).volume == pytest.approx(0.7 * sum(face.area for face in faces) / 3)
    cube = wulff(normals("Cu", (1, 0, 0)), [0.5])
    assert cube is not None
    assert [face.area for face in cube] == pytest.approx([1.0] * 6)


def test_the_shape_is_that_of_pymatgen_where_the_lattice_has_the_crystals_symmetry() -> None:
    from pymatgen.analysis.wulff import WulffShape
    from pymatgen.core import Lattice

    facets, energies = [(1, 1, 1), (1, 0, 0), (1, 1, 0)], [1.0, 1.15, 1.18]
    theirs = WulffShape(Lattice.cubic(3.6), facets, energies)
    mine = wulff(normals("Cu", *facets), energies)
    assert mine is not None
    areas = np.bincount([face.kind for face in mine], [face.area for face in mine])
    assert areas / areas.sum() == pytest.approx([theirs.area_fraction_dict[facet] for facet in facets], abs=1e-6)
    assert areas.sum() == pytest.approx(theirs.surface_area)
    assert areas / areas.sum() @ energies == pytest.approx(theirs.weighted_surface_energy)


def test_a_high_facet_does_not_appear_and_open_shapes_are_none() -> None:
    faces = wulff(normals("Cu", (1, 1, 1), (1, 0, 0)), [1.0, 2.0])
    assert faces is not None
    assert sum(face.area for face in faces if face.kind == 1) == 0
    assert wulff(normals("K3Sb-hexagonal", (0, 0, 1)), [1.0]) is None
    assert wulff(normals("K3Sb-hexagonal", (1, 0, 0)), [1.0]) is None
    assert wulff(normals("K3Sb-hexagonal", (0, 0, 1), (1, 0, 0)), [1.0, 1.0]) is not None
