"""Diffusivities: lattices solved by hand, a formula of another form, and a random walk of many carriers."""

from __future__ import annotations

import numpy as np
import pytest
from ase.units import kB
from hypothesis import given, settings
from hypothesis import strategies as st

from potash.analysis.diffusion import Jump, diffusivity, mean
from potash.errors import BadInput

T = 500.0
NU = 1e13
CM2 = 1e-16


def both(start: int, end: int, cell: tuple[int, int, int], saddle: float, prefactor: float = NU) -> list[Jump]:
    back = (-cell[0], -cell[1], -cell[2])
    return [Jump(start, end, cell, saddle, prefactor), Jump(end, start, back, saddle, prefactor)]


def rate(barrier: float) -> float:
    return NU * np.exp(-barrier / (kB * T))


AXES = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]


def test_simple_cubic() -> None:
    """Six jumps of length a: D = k a²."""
    jumps = [jump for axis in AXES for jump in both(0, 0, axis, 0.5)]
    tensor = diffusivity(3.0 * np.eye(3), [[0.1, 0.2, 0.3]], [0.0], jumps, T)
    assert tensor == pytest.approx(rate(0.5) * 9.0 * np.eye(3) * CM2, rel=1e-12)
    assert mean(tensor, (True, True, True)) == pytest.approx(rate(0.5) * 9.0 * CM2)


@pytest.mark.parametrize(("name", "lattice", "cells", "factor"), [
    # D = (number of neighbours) k d² / 6
    ("bcc", [[-1, 1, 1], [1, -1, 1], [1, 1, -1]], [*AXES, (1, 1, 1)], 8 * 0.75 / 6),
    ("fcc", [[0, 1, 1], [1, 0, 1], [1, 1, 0]], [*AXES, (1, -1, 0), (1, 0, -1), (0, 1, -1)], 12 * 0.5 / 6),
])  # fmt: skip
def test_primitive_cells(name: str, lattice: list[list[int]], cells: list[tuple[int, int, int]], factor: float) -> None:
    a = 4.2
    jumps = [jump for cell in cells for jump in both(0, 0, cell, 0.4)]
    tensor = diffusivity(a / 2 * np.array(lattice), [[0, 0, 0]], [0.0], jumps, T)
    assert tensor == pytest.approx(factor * a**2 * rate(0.4) * np.eye(3) * CM2, rel=1e-12)


def test_honeycomb() -> None:
    """Three jumps of length d in a plane: D = 3 k d² / 4 within it, nothing across it."""
    a = 2.46
    cell = [[a, 0, 0], [-a / 2, a * 3**0.5 / 2, 0], [0, 0, 15.0]]
    jumps = [jump for offset in ((0, 0, 0), (-1, 0, 0), (-1, -1, 0)) for jump in both(0, 1, offset, 0.3)]
    tensor = diffusivity(cell, [[0, 0, 0.5], [2 / 3, 1 / 3, 0.5]], [0.0, 0.0], jumps, T)
    expected = 0.75 * rate(0.3) * a**2 / 3 * CM2
    assert tensor == pytest.approx(np.diag([expected, expected, 0]), rel=1e-10, abs=1e-12 * expected)
    assert mean(tensor, (True, True, False)) == pytest.approx(expected)


def test_chain_of_two_unequal_sites() -> None:
    """Barriers in a row: D = L² / Σ 1/(p k), p k being that of either direction."""
    length, high = 5.0, 0.12
    saddles = (0.45, 0.60)
    jumps = both(0, 1, (0, 0, 0), saddles[0]) + both(1, 0, (1, 0, 0), saddles[1])
    tensor = diffusivity(np.diag([length, 9, 9]), [[0.1, 0, 0], [0.4, 0, 0]], [0.0, high], jumps, T)
    low = 1 / (1 + np.exp(-high / (kB * T)))
    expected = length**2 / sum(1 / (low * rate(saddle)) for saddle in saddles) * CM2
    assert tensor[0, 0] == pytest.approx(expected, rel=1e-12)
    assert np.count_nonzero(tensor) == 1


@pytest.mark.parametrize("fast", [0.3, 0.1, 0.01])
def test_rattling_is_no_diffusion_however_fast(fast: float) -> None:
    """At 80 K a jump over 10 meV is 10⁶² times as frequent as one over 1 eV: the sum of d² would be all rattling."""
    jumps = both(0, 1, (0, 0, 0), fast) + both(1, 0, (1, 0, 0), 1.0)
    tensor = diffusivity(np.diag([4.0, 9, 9]), [[0, 0, 0], [0.3, 0, 0]], [0.0, 0.0], jumps, 80.0)
    slow = 0.5 * NU * np.exp(-1.0 / (kB * 80.0))
    ratio = np.exp((fast - 1.0) / (kB * 80.0))
    assert tensor[0, 0] == pytest.approx(16.0 * slow / (1 + ratio) * CM2, rel=1e-10)


def test_a_dead_end_holds_the_carrier_up_but_leads_nowhere() -> None:
    """A side site only takes its share of the time."""
    walk = both(0, 0, (1, 0, 0), 0.5)
    alone = diffusivity(3.0 * np.eye(3), [[0, 0, 0]], [0.0], walk, T)
    trapped = diffusivity(3.0 * np.eye(3), [[0, 0, 0], [0, 0.5, 0]], [0.0, -0.1], walk + both(0, 1, (0, 0, 0), 0.3), T)
    assert trapped[0, 0] == pytest.approx(alone[0, 0] / (1 + np.exp(0.1 / (kB * T))), rel=1e-12)
    assert trapped[1, 1] == pytest.approx(0, abs=1e-14 * alone[0, 0])


def test_prefactors_of_the_two_directions_tell_how_long_the_carrier_stays() -> None:
    """A site that is left ten times as easily is taken a tenth of the time: the same balance as by energies."""
    shift = kB * T * np.log(10)
    by_prefactor = [Jump(0, 1, (0, 0, 0), 0.5, NU), Jump(1, 0, (0, 0, 0), 0.5, 10 * NU)]
    by_prefactor += [Jump(0, 1, (-1, 0, 0), 0.6, NU), Jump(1, 0, (1, 0, 0), 0.6, 10 * NU)]
    by_energy = both(0, 1, (0, 0, 0), 0.5) + both(0, 1, (-1, 0, 0), 0.6)
    sites = [[0, 0, 0], [0.5, 0, 0]]
    first = diffusivity(4 * np.eye(3), sites, [0.0, 0.0], by_prefactor, T)
    second = diffusivity(4 * np.eye(3), sites, [0.0, shift], by_energy, T)
    assert first == pytest.approx(second, rel=1e-12)


def network(seed: int, count: int = 4, ways: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Jump]]:
    """A random network whose sites are all connected."""
    random = np.random.default_rng(seed)
    cell = 3 * np.eye(3) + random.normal(scale=0.5, size=(3, 3))
    energies = random.uniform(0, 0.15, count)
    jumps = [jump for i in range(count - 1) for jump in both(i, i + 1, (0, 0, 0), float(random.uniform(0.2, 0.4)))]
    for _ in range(ways):
        start, end = (int(i) for i in random.integers(0, count, 2))
        x, y, z = (int(i) for i in random.integers(-1, 2, 3))
        jumps += both(start, end, (x, y, z), float(random.uniform(0.2, 0.4)))
    return cell, random.random((count, 3)), energies, jumps


def by_pseudo_inverse(cell: np.ndarray, sites: np.ndarray, energies: np.ndarray, jumps: list[Jump]) -> np.ndarray:
    """D = ½ Σ p k d⊗d + b⊗W⁺b with the bias b = √p Σ k d and the symmetric rate matrix W."""
    p = np.exp(-energies / (kB * T))
    p /= p.sum()
    bare, bias, matrix = np.zeros((3, 3)), np.zeros((len(p), 3)), np.zeros((len(p), len(p)))
    for start, end, offset, saddle, prefactor in jumps:
        k = prefactor * np.exp(-(saddle - energies[start]) / (kB * T))
        d = (sites[end] - sites[start] + offset) @ cell
        bare += p[start] * k * np.outer(d, d) / 2
        bias[start] += p[start] ** 0.5 * k * d
        matrix[start, end] += (p[start] / p[end]) ** 0.5 * k
        matrix[start, start] -= k
    return (bare + bias.T @ np.linalg.pinv(matrix) @ bias) * CM2


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**20), count=st.integers(1, 6))
def test_it_is_what_the_pseudo_inverse_gives(seed: int, count: int) -> None:
    case = network(seed, count)
    expected = by_pseudo_inverse(*case)
    scale = np.trace(expected)
    assert diffusivity(*case, T) == pytest.approx(expected, rel=1e-8, abs=1e-8 * scale)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**20), zero=st.floats(-5, 5))
def test_neither_origin_nor_cells_of_the_sites_matter(seed: int, zero: float) -> None:
    cell, sites, energies, jumps = network(seed)
    given_ = diffusivity(cell, sites, energies, jumps, T)
    shifts = np.random.default_rng(seed).integers(-2, 3, (len(sites), 3))
    moved = [
        Jump(j.start, j.end, tuple(int(x) for x in np.array(j.cell) + shifts[j.start] - shifts[j.end]), j.saddle + zero, NU)
        for j in jumps
    ]  # fmt: skip
    again = diffusivity(cell, sites + shifts + 0.3, energies + zero, moved, T)
    assert again == pytest.approx(given_, rel=1e-7, abs=1e-9 * np.trace(given_))


def test_a_doubled_cell_has_the_same_diffusivity() -> None:
    cell, sites, energies, jumps = network(7)
    count = len(sites)
    doubled = [np.concatenate([sites, np.add(sites, [1, 0, 0])]) / [2, 1, 1], np.concatenate([energies, energies])]
    more = []
    for half in (0, 1):
        for jump in jumps:
            far, other = divmod(jump.cell[0] + half, 2)
            more.append(
                Jump(
                    jump.start + half * count,
                    jump.end + other * count,
                    (far, jump.cell[1], jump.cell[2]),
                    jump.saddle,
                    jump.prefactor,
                )
            )
    large = diffusivity(cell * [[2], [1], [1]], *doubled, more, T)
    small = diffusivity(cell, sites, energies, jumps, T)
    assert large == pytest.approx(small, rel=1e-9, abs=1e-9 * np.trace(small))


def walk(
    case: tuple[np.ndarray, np.ndarray, np.ndarray, list[Jump]], walkers: int, steps: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Kinetic Monte Carlo: the tensor ⟨r⊗r⟩/2t of independent carriers, and its standard errors, in cm²/s."""
    cell, sites, energies, jumps = case
    random = np.random.default_rng(seed)
    rates = np.zeros((len(sites), len(jumps)))
    for column, jump in enumerate(jumps):
        rates[jump.start, column] = jump.prefactor * np.exp(-(jump.saddle - energies[jump.start]) / (kB * T))
    total = rates.sum(axis=1)
    chances = np.cumsum(rates, axis=1) / total[:, None]
    ends = np.array([jump.end for jump in jumps])
    vectors = np.array([(sites[jump.end] - sites[jump.start] + jump.cell) @ cell for jump in jumps])
    weights = np.exp(-energies / (kB * T))
    place = random.choice(len(sites), walkers, p=weights / weights.sum())
    until = steps / total.max()
    clock, path = np.zeros(walkers), np.zeros((walkers, 3))
    while True:
        clock += random.exponential(size=walkers) / total[place]
        going = clock < until
        if not going.any():
            break
        chosen = (random.random(walkers)[:, None] > chances[place]).sum(axis=1)
        path[going] += vectors[chosen[going]]
        place = np.where(going, ends[chosen], place)
    products = path[:, :, None] * path[:, None, :] / (2 * until) * CM2
    return products.mean(axis=0), products.std(axis=0) / walkers**0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_walk_of_many_carriers_agrees(seed: int) -> None:
    case = network(seed)
    measured, error = walk(case, 8000, 600, seed)
    solved = diffusivity(*case, T)
    assert np.all(np.abs(measured - solved) < 4 * error)
    assert error.max() < 0.02 * np.trace(solved)
    # Without its correlations the walk would be seen to be faster.
    bare = sum(
        jump.prefactor * np.exp(-jump.saddle / (kB * T)) * np.sum(((case[1][jump.end] - case[1][jump.start] + jump.cell) @ case[0]) ** 2) / 2
        for jump in case[3]
    ) / np.exp(-case[2] / (kB * T)).sum() * CM2  # fmt: skip
    assert bare > np.trace(solved) + 4 * np.trace(error)


def test_no_jumps_no_diffusion() -> None:
    assert not diffusivity(np.eye(3), [[0, 0, 0]], [0.0], [], T).any()


@pytest.mark.parametrize(("jumps", "words"), [
    ([Jump(0, 1, (1, 0, 0), 0.5, NU)], "from site 0 to 1 in cell (1, 0, 0) needs its reverse"),
    ([Jump(0, 1, (0, 0, 0), 0.5, NU), Jump(1, 0, (0, 0, 0), 0.51, NU)], "over the same saddle"),
    (both(0, 1, (0, 0, 0), 0.1), "lies below one of the two"),
    (both(0, 1, (0, 0, 0), 0.5, 0.0), "greater than 0"),
    ([*both(0, 1, (0, 0, 0), 0.5), Jump(0, 1, (1, 0, 0), 0.5, NU), Jump(1, 0, (-1, 0, 0), 0.5, 2 * NU)], "break detailed balance"),
])  # fmt: skip
def test_what_is_no_equilibrium_is_refused(jumps: list[Jump], words: str) -> None:
    with pytest.raises(BadInput) as error:
        diffusivity(np.eye(3), [[0, 0, 0], [0.5, 0, 0]], [0.0, 0.2], jumps, T)
    assert words in str(error.value)


def test_a_temperature_below_zero_is_refused() -> None:
    with pytest.raises(BadInput, match="greater than 0 K"):
        diffusivity(np.eye(3), [[0, 0, 0]], [0.0], [], -1.0)
