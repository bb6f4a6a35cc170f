"""Currents of molecules: the sum written out, its invariances, its share in the heat, and its file."""

from pathlib import Path

import numpy as np
import pytest

from potash.calcs.currents import ACROSS, COUNT, WAVES, Currents
from potash.errors import BadInput
from potash.structures.boxes import Recipe, mixture, packed
from potash.structures.forcefields import parametrise

#: k in kJ/(mol K).
BOLTZMANN = 8.314462618e-3


class Box:
    """Water and DME, with velocities of 300 K."""

    def __init__(self, path: Path) -> None:
        mixed = mixture(Recipe(None, {"water": 5, "DME": 1}, atoms=300))
        box = packed(mixed, 1)
        kinds = [parametrise(one, "opls")["masses"] for one in mixed.components]
        self.topology = mixed.topology
        self.masses = np.array([mass for kind in mixed.topology.kinds for mass in kinds[kind]])
        self.positions, self.edge = box.positions * 0.1, float(box.cell.lengths()[0]) * 0.1
        self.random = np.random.default_rng(0)
        self.velocities = self.drawn()
        self.currents = Currents(path / "currents.c64", self.topology, self.masses)

    def drawn(self) -> np.ndarray:
        spread = np.sqrt(BOLTZMANN * 300 / self.masses)
        found: np.ndarray = spread[:, None] * self.random.normal(size=self.positions.shape)
        return found

    def now(self) -> np.ndarray:
        return self.currents.of(self.positions, self.velocities, self.edge)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_the_sum_written_out(box: Box) -> None:
    expected = np.zeros((len(WAVES), 2), complex)
    for molecule in range(box.topology.molecules.max() + 1):
        atoms = box.topology.molecules == molecule
        mass = box.masses[atoms].sum()
        centre = box.masses[atoms] @ box.positions[atoms] / mass
        velocity = box.masses[atoms] @ box.velocities[atoms] / mass
        for wave, across in enumerate(ACROSS):
            phase = np.exp(2j * np.pi / box.edge * WAVES[wave] @ centre)
            expected[wave] += mass * phase * (across @ velocity)
    assert box.now() == pytest.approx(expected)


def test_directions_are_across_and_waves_are_each_there_once() -> None:
    assert np.einsum("kpx,kx->kp", ACROSS, WAVES) == pytest.approx(0)
    assert np.einsum("kpx,kqx->kpq", ACROSS, ACROSS) == pytest.approx(np.tile(np.eye(2), (len(WAVES), 1, 1)))
    every = {tuple(wave) for wave in WAVES} | {tuple(-wave) for wave in WAVES}
    assert len(every) == 6 + 12 + 8 + 6 + 24


def test_an_image_is_the_same_and_a_shift_turns_the_phase_alone(box: Box) -> None:
    before = box.now()
    box.positions[box.topology.molecules == 3] += box.edge * np.array([1, -2, 0])
    assert box.now() == pytest.approx(before)
    box.positions += 0.123
    assert np.abs(box.now()) == pytest.approx(np.abs(before))
    box.velocities += np.array([0.3, 0.0, 0.0])
    assert box.now() != pytest.approx(before)


def test_each_has_its_share_in_the_heat(box: Box) -> None:
    squares = []
    for _ in range(300):
        box.velocities = box.drawn()
        squares.append((np.abs(box.now()) ** 2).mean())
    assert np.mean(squares) == pytest.approx(box.masses.sum() * BOLTZMANN * 300, rel=0.04)


def test_a_file_goes_on_after_the_last_sample_on_record(box: Box) -> None:
    samples = [box.now() + number for number in range(3)]
    box.currents.keep(0)
    box.currents.append(samples)
    box.currents.keep(2)
    box.currents.append(samples[2:])
    found = np.fromfile(box.currents.path, np.complex64).reshape(3, len(WAVES), 2)
    assert found == pytest.approx(np.array(samples), rel=1e-5)
    assert found[0].size == COUNT
    with pytest.raises(BadInput, match="was cut: 4 samples are on record"):
        box.currents.keep(4)
