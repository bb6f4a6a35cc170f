"""Bands as arrays, on energies known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from potash.calcs.path import TRUSTED, Array, Path, relax_path, tangent_at

# The potential of K. Müller and L. D. Brown (doi:10.1007/BF00547608), in units of 100 of its own.
HEIGHT = np.array([-2.0, -1.0, -1.7, 0.15])
BENT = np.array([[-1, 0, -10], [-1, 0, -10], [-6.5, 11, -6.5], [0.7, 0.6, 0.7]])
CENTRE = np.array([[1, 0], [0, 0.5], [-0.5, 1.5], [-1, 1]])
#: Its minima, and its saddles with their energies, as that paper gives them.
MINIMA = np.array([[-0.558, 1.442], [-0.050, 0.467], [0.623, 0.028]])
SADDLES = np.array([[-0.822, 0.624], [0.212, 0.293]])
HIGH = np.array([-0.4067, -0.7225])


def muller_brown(places: Array) -> tuple[Array, Array]:
    x, y = (places[:, None, :] - CENTRE).transpose(2, 0, 1)
    a, b, c = BENT.T
    parts = HEIGHT * np.exp(a * x**2 + b * x * y + c * y**2)
    slopes = np.stack([parts * (2 * a * x + b * y), parts * (b * x + 2 * c * y)], axis=2)
    return parts.sum(axis=1), slopes.sum(axis=1)


def certain(places: Array) -> Array:
    return np.zeros(len(places))


def three(places: Array) -> Array:
    """Places in the plane as places of one atom."""
    return np.column_stack([places, np.zeros(len(places))])


def muller_brown_of_an_atom(places: Array) -> tuple[Array, Array]:
    energies, slopes = muller_brown(places[:, :2])
    return energies, three(slopes)


def straight(start: Array, end: Array, images: int) -> Array:
    return three(np.linspace(start, end, images + 2))


@pytest.mark.parametrize("images", [3, 5, 9])
@pytest.mark.parametrize("saddle", [0, 1])
def test_the_saddles_of_muller_and_brown(saddle: int, images: int) -> None:
    start, end = MINIMA[saddle], MINIMA[saddle + 1]
    ends = tuple(muller_brown(np.array([start, end]))[0])
    path = straight(start, end, images)
    for climb in (False, True):
        band = Path(muller_brown_of_an_atom, path, ends, climb=climb)
        relax_path(band, 0.02, 9.0, path, certain)
        path = band.images
    assert band.images[band.top, :2] == pytest.approx(SADDLES[saddle], abs=0.01)
    assert band.known[0][band.top] == pytest.approx(HIGH[saddle], abs=1e-3)
    assert np.linalg.norm(band.forces(), axis=1).max() < 0.02


def test_images_without_climbing_are_evenly_spread() -> None:
    path = straight(MINIMA[1], MINIMA[2], 5)
    band = Path(muller_brown_of_an_atom, path, (0.0, 0.0), climb=False)
    relax_path(band, 0.002, 9.0, path, certain)
    lengths = np.linalg.norm(np.diff(band.images, axis=0), axis=1)
    assert lengths == pytest.approx(np.full(6, lengths.mean()), abs=0.01)


def test_the_forces_are_those_of_the_band() -> None:
    """Off the top: the gradient across and the springs along; at the top: the gradient with its part along turned."""
    images = np.array([[0, 0, 0], [1, 0, 0], [3, 0, 0], [4, 0, 0.0]])
    gradients = np.array([[1, 2, 3], [4, 5, 6.0]])

    def model(_: Array) -> tuple[Array, Array]:
        return np.array([1.0, 2.0]), gradients

    calm = Path(model, images, (0.0, 0.0), climb=False).forces()
    assert calm == pytest.approx(np.array([[1, -2, -3], [-1, -5, -6.0]])), "springs of 1 eV/Å², steps of 1, 2 and 1"
    climbing = Path(model, images, (0.0, 0.0), climb=True).forces()
    assert climbing == pytest.approx(np.array([[1, -2, -3], [4, -5, -6.0]]))


@pytest.mark.parametrize(
    ("energies", "along"),
    [
        ((0.0, 1.0, 2.0), [0, 1]),  # uphill: to the next
        ((2.0, 1.0, 0.0), [1, 0]),  # downhill: from the one before
        ((0.0, 3.0, 2.0), [1 / np.sqrt(10), 3 / np.sqrt(10)]),  # a top, the next higher: 1 : 3
        ((2.0, 3.0, 0.0), [3 / np.sqrt(10), 1 / np.sqrt(10)]),
        ((1.0, 1.0, 1.0), [1 / np.sqrt(2), 1 / np.sqrt(2)]),  # a plateau
    ],
)
def test_improved_tangents(energies: tuple[float, ...], along: list[float]) -> None:
    unit = tangent_at(np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array(energies))
    assert unit == pytest.approx(np.array(along))


def test_images_that_coincide_have_no_tangent() -> None:
    assert not tangent_at(np.zeros(3), np.zeros(3), np.array([0.0, 1.0, 0.5])).any()


def test_it_stops_where_an_atom_went_too_far() -> None:
    path = straight(MINIMA[0], MINIMA[1], 5)
    band = Path(muller_brown_of_an_atom, path, (0.0, 0.0), climb=False)
    relax_path(band, 1e-6, 0.05, path, certain)
    moved = np.linalg.norm(band.images - path, axis=1).max()
    assert 0.05 < moved < 0.05 + 0.1, "at most a step farther"


def test_it_stops_where_the_model_knows_too_little() -> None:
    path = straight(MINIMA[0], MINIMA[1], 5)

    def unsure(places: Array) -> Array:
        return 10 * np.linalg.norm(places - path[1:-1], axis=1)

    band = Path(muller_brown_of_an_atom, path, (0.0, 0.0), climb=False)
    relax_path(band, 1e-6, 9.0, path, unsure)
    assert TRUSTED < unsure(band.images[1:-1]).max() < 4.0, "within three steps"


def test_a_path_that_starts_unsure_may_stay_so() -> None:
    path = straight(MINIMA[1], MINIMA[2], 5)
    band = Path(muller_brown_of_an_atom, path, (0.0, 0.0), climb=True)
    relax_path(band, 0.002, 9.0, path, lambda places: np.ones(len(places)))
    assert band.images[band.top, :2] == pytest.approx(SADDLES[1], abs=0.01)
