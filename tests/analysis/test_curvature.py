"""Hessians read: frequencies in closed form, and modes against the tangents of paths."""

from __future__ import annotations

import numpy as np
import pytest

from potash.analysis.curvature import curvatures, drift, modes, negative, overlap, widened
from potash.errors import BadInput

#: √(eV/Å²/u)/2π in THz, by CODATA.
THZ = 15.633302


def dimer(k: float) -> np.ndarray:
    """Two atoms with a spring along x."""
    matrix = np.zeros((6, 6))
    matrix[np.ix_([0, 3], [0, 3])] = [[k, -k], [-k, k]]
    return matrix


@pytest.mark.parametrize("masses", [(39.0983, 39.0983), (6.94, 78.971)])
def test_two_atoms_and_a_spring(masses: tuple[float, float]) -> None:
    """One vibration of √(k/µ)/2π; the centre of mass rests; everything else is free."""
    frequencies, moves = modes(dimer(5.0), masses)
    reduced = masses[0] * masses[1] / sum(masses)
    assert frequencies[-1] == pytest.approx(THZ * (5.0 / reduced) ** 0.5, rel=1e-5)
    assert frequencies[:-1] == pytest.approx(np.zeros(5), abs=1e-5)
    assert masses[0] * moves[-1, 0] + masses[1] * moves[-1, 1] == pytest.approx(np.zeros(3), abs=1e-10)
    assert np.linalg.norm(moves, axis=(1, 2)) == pytest.approx(np.ones(6))


def test_a_way_down_is_a_negative_frequency() -> None:
    frequencies, moves = modes(np.diag([3.0, -2.0, 4.0]), [10.0])
    assert frequencies == pytest.approx(THZ * np.array([-(0.2**0.5), 0.3**0.5, 0.4**0.5]), rel=1e-5)
    assert np.abs(moves[0, 0]) == pytest.approx([0, 1, 0])


def test_a_way_down_that_two_atoms_share_is_seen_along_the_path() -> None:
    """E = −½ a s² + ½ b d² of two atoms' x, s and d their sum and difference over √2: each alone is held by (b − a)/2."""
    a, b = 1.0, 3.0
    one, mixed = (b - a) / 2, -(a + b) / 2
    whole = 5.0 * np.eye(6)
    whole[np.ix_([0, 3], [0, 3])] = [[one, mixed], [mixed, one]]
    bent = {"hessian": whole[:3, :3], "atoms": [0]}
    # A path that is not quite along s, and moves both atoms.
    tangent = np.array([[1.0, 0.1, 0.0], [0.8, 0.0, 0.2]])
    assert negative(widened(bent, tangent)[0]) == 0
    unit = tangent.ravel() / np.linalg.norm(tangent)
    values, vectors = widened({**bent, "row": (whole @ unit).reshape(2, 3)}, tangent)
    assert negative(values) == 1
    assert len(values) == 4
    for value, vector in zip(values, vectors, strict=True):
        assert np.linalg.norm(vector) == pytest.approx(1)
        assert vector.ravel() @ whole @ vector.ravel() == pytest.approx(value)
    assert values[0] >= -a, "a part of the whole Hessian goes down no steeper than the whole"
    assert values[0] <= unit @ whole @ unit, "the path's own direction is a part of it"
    assert overlap(vectors[0], tangent, [0, 1]) > 0.98


def test_a_path_of_the_chosen_atoms_alone_adds_nothing() -> None:
    random = np.random.default_rng(2)
    matrix = random.normal(size=(6, 6))
    matrix += matrix.T
    tangent = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    values, _ = widened({"hessian": matrix[:3, :3], "atoms": [0], "row": matrix[:, :1]}, tangent)
    assert values == pytest.approx(np.linalg.eigvalsh(matrix[:3, :3]))


def test_curvatures_take_no_masses_and_are_those_of_the_energy() -> None:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(9, 9))
    matrix += matrix.T
    values, vectors = curvatures(matrix)
    for value, vector in zip(values, vectors, strict=True):
        assert vector.ravel() @ matrix @ vector.ravel() == pytest.approx(value)
    assert (np.diff(values) >= 0).all()
    # Masses change the sizes, never the signs (Sylvester's law of inertia).
    frequencies, _ = modes(matrix, [7.0, 39.0, 122.0])
    assert (np.sign(frequencies) == np.sign(values)).all()


def test_counting() -> None:
    assert negative([-0.5, -0.009, 0.0, 1.0]) == 1
    assert negative([-0.5, -0.009, 0.0, 1.0], 0.001) == 2
    assert negative([0.1, 1.0]) == 0


def test_overlap_of_a_mode_with_a_path() -> None:
    tangent = np.zeros((5, 3))
    tangent[3] = [0.6, 0.8, 0.0]
    tangent[1] = [0.0, 0.0, 9.0]  # not among the chosen: it does not count
    mode = np.array([[0, 0, 0], [-0.6, -0.8, 0]])
    assert overlap(mode, tangent, [0, 3]) == pytest.approx(1)
    assert overlap(mode[:, [1, 0, 2]] * [-1, 1, 1], tangent, [0, 3]) == pytest.approx(0)
    tilted = np.array([[0, 0, 0.75], [0.6, 0.8, 0]])
    assert overlap(tilted, tangent, [0, 3]) == pytest.approx(0.8)
    assert overlap(-tilted, 7 * tangent, [0, 3]) == pytest.approx(0.8)


def test_a_path_that_leaves_the_chosen_atoms_alone_is_refused() -> None:
    with pytest.raises(BadInput, match="choose those that hop"):
        overlap(np.ones((1, 3)), np.zeros((4, 3)), [2])


@pytest.mark.parametrize("shape", [(3, 6), (4, 4), (0, 0)])
def test_what_is_no_hessian_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="3n rows"):
        curvatures(np.zeros(shape))


def test_masses_must_be_those_of_the_atoms() -> None:
    with pytest.raises(BadInput, match="2 atoms needs as many masses, not 3"):
        modes(dimer(1.0), [1, 1, 1])


def ring(stiff: float) -> np.ndarray:
    """Three atoms in a triangle, each held to the others by springs in all directions: nothing holds them all."""
    couple = np.array([[2.0, -1, -1], [-1, 2, -1], [-1, -1, 2]])
    return np.kron(couple, stiff * np.eye(3))


def test_motions_of_all_together_are_left_out() -> None:
    """Whatever curvature the noise of forces gives them."""
    for noise in (0.0, -0.2, 0.3):
        # Of length 1, all together: every element of the block between two atoms is a third of the noise.
        matrix = ring(1.5) + np.kron(np.ones((3, 3)) / 3, np.diag([noise, 0.0, noise / 2]))
        values, vectors = curvatures(matrix, floating=True)
        assert values == pytest.approx(np.full(6, 4.5))
        assert vectors.sum(axis=1) == pytest.approx(np.zeros((6, 3)), abs=1e-12)
        assert np.einsum("iac,jac->ij", vectors, vectors) == pytest.approx(np.eye(6), abs=1e-12)
        assert drift(matrix) == pytest.approx(abs(noise), abs=1e-12)
        assert len(curvatures(matrix)[0]) == 9
