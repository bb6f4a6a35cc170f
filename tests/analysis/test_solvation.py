from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from potash.analysis.liquid_reading import Reading, read
from potash.analysis.pair_distribution import shells
from potash.analysis.record import record
from potash.analysis.residence import Residence
from potash.analysis.result import Quantity
from potash.errors import BadInput
from potash.structures.encoding import decode
from potash.structures.topology import Species, Topology
from tests.analysis.liquids import TILTED, Made, salt, series, wrapped

CUBE = 24.0 * np.eye(3)


@pytest.mark.parametrize("cell", [CUBE, TILTED], ids=["cubic", "tilted"])
def test_an_ideal_gas_has_no_structure(cell: np.ndarray, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    gas = Made(100, cell, lambda number: random.uniform(0, 1, (150, 3)) @ cell)
    kept = record(gas, salt(50, 100), "K+", tmp_path)
    deviations = (kept.g[0] - 1) * np.sqrt(kept.ideal[0])
    far = kept.edges[:-1] > 1
    assert abs(deviations[far].mean()) < 4 / np.sqrt(far.sum())
    assert 0.7 < deviations[far].std() < 1.3
    found = shells(kept.edges[:-1] + 0.025, kept.g[0], kept.ideal[0])
    assert found.peak is None, "chance makes no shell"


def lattice(second: np.ndarray, edge: float, repeats: int, frames: int = 16) -> tuple[Made, Topology]:
    """Put K⁺ on a face-centred cubic lattice and F⁻ on the same one moved, both trembling."""
    corners = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    cells = np.array([[i, j, k] for i in range(repeats) for j in range(repeats) for k in range(repeats)])
    one = (cells[:, None] + corners).reshape(-1, 3) * edge
    other = np.concatenate([one + each * edge for each in np.atleast_2d(second)])
    random = np.random.default_rng(1)
    positions = np.concatenate([one, other]) + random.normal(0, 0.08, (frames, len(one) + len(other), 3))
    cell = repeats * edge * np.eye(3)
    return series(wrapped(positions, cell), cell), salt(len(one), len(other))


@pytest.mark.parametrize(
    ("second", "around", "states"),
    [
        (np.array([0.5, 0, 0]), 6, {"AGG F-": 100}),
        (np.array([0.25, 0.25, 0.25]), 4, {"AGG F-": 100}),
        (np.array([[0.25, 0.25, 0.25], [0.75, 0.75, 0.75]]), 8, {"AGG F-": 100}),
    ],
    ids=["rock salt", "zinc blende", "fluorite"],
)
def test_a_lattice_has_its_coordination_numbers(second: np.ndarray, around: int, states: dict[str, float]) -> None:
    frames, topology = lattice(second, 5.34, 3)
    found = read(frames, topology, 300.0, "K+", cutoffs={}).quantities
    assert found["coordination number"].value == pytest.approx(around)
    assert found["coordination number"].error == pytest.approx(0)
    for name, share in states.items():
        assert found[name].value == pytest.approx(share)
    assert found["largest aggregate"].value == sum(species.count for species in topology.species)


#: K⁺, anions like rods, and water-like bent molecules.
ROD = Species("rod", -1, ("O", "C", "O"), ((0, 1), (1, 2)), 4)
WATER = Species("water", 0, ("O", "H", "H"), ((0, 1), (0, 2)), 3)


def box(cell: np.ndarray, frames: int = 16, shift: float = 0.0) -> tuple[Made, Topology]:
    """Three cations: one with two waters, one with a contact pair, two of them bridged; across the cell's edges."""
    topology = Topology((Species("K+", 1, ("K",), (), 4), ROD, WATER))
    rod, water = np.array([[0, 0, 0], [0, 0, 1.5], [0, 0, 3.0]]), np.array([[0, 0, 0], [0.6, 0.8, 0], [-0.6, 0.8, 0]])
    centre = np.array([[0.2, 0.2, 0.2], [12, 0.1, 12], [0.1, 12, 6.0], [0.1, 12, 14.4]])
    parts = [
        centre,
        rod + centre[1] + [0, -2.7, 0],  # contact pair, over the edge
        np.array([[0, 0, 2.7], [0, 0, 4.2], [0, 0, 5.7]]) + centre[2],  # bridges the third and the fourth
        rod + centre[0] + [0, 0, 5.0],  # shared by a water
        rod + np.array([12, 6.5, 20.0]),  # free
        water + centre[0] + [0, 0, -2.7],
        water + centre[0] + [-2.7, 0, 0],
        water + np.array([18, 18, 6]),
    ]
    random = np.random.default_rng(2)
    positions = np.concatenate(parts) + shift + random.normal(0, 0.01, (frames, 25, 3))
    return series(wrapped(positions, cell), cell), topology


def read_box(cell: np.ndarray, shift: float = 0.0) -> Reading:
    frames, topology = box(cell, shift=shift)
    return read(frames, topology, 300.0, "K+")


@pytest.mark.parametrize("cell", [CUBE, np.array([[24.0, 0, 0], [3, 24, 0], [-2, 2, 24]])], ids=["cubic", "tilted"])
def test_anions_of_a_hand_made_box_are_known(cell: np.ndarray) -> None:
    found = read_box(cell)
    values = {name: quantity.value for name, quantity in found.quantities.items()}
    assert [values[f"{state} rod"] for state in ("free", "SSIP", "CIP", "AGG")] == pytest.approx([25, 25, 25, 25])
    assert values["uncoordinated rod"] == pytest.approx(50)
    assert values["coordination number, rod.O"] == pytest.approx(3 / 4)
    assert values["coordination number, water.O"] == pytest.approx(2 / 4)
    assert values["rod in the shell"] == pytest.approx(3 / 4)
    assert values["largest aggregate"] == 3
    # Ions tied together: 2 of the contact pair, 3 of the bridged; lone: one cation, two rods; five aggregates of 8 ions.
    assert values["ions per aggregate"] == pytest.approx(8 / 5)
    assert values["ions in aggregates"] == pytest.approx(100 * 3 / 8)


def test_shells_are_cut_out_whole_with_their_charge() -> None:
    clusters = read_box(CUBE).clusters
    assert {cluster.label: (cluster.population, cluster.charge) for cluster in clusters} == {
        "K+ + 1 rod": (0.75, 0),
        "K+ + 2 water": (0.25, 1),
    }
    for cluster in clusters:
        atoms = decode(cluster.atoms)
        assert atoms.positions[0] == pytest.approx([0, 0, 0])
        distances = atoms.get_all_distances()
        assert distances[0, atoms.symbols == "O"].min() == pytest.approx(2.7, abs=0.1)
        if "rod" in cluster.composition:
            assert [distances[1, 2], distances[2, 3]] == pytest.approx([1.5, 1.5], abs=0.1)
        else:
            assert distances[1, 2] == pytest.approx(1.0, abs=0.1)
            assert distances[4, 5] == pytest.approx(1.0, abs=0.1)


def test_more_shells_of_a_kind_are_drawn_from_all_frames() -> None:
    frames, topology = box(CUBE)
    clusters = read(frames, topology, 300.0, "K+", samples=5).clusters
    for label, size in (
        ("K+ + 1 rod", [("K+", 1), ("rod", 3)]),
        ("K+ + 2 water", [("K+", 1), ("water", 3), ("water", 3)]),
    ):
        own = [each for each in clusters if each.label == label]
        assert [list(each.molecules) for each in own] == [size] * 5
        assert len({str(each.atoms["positions"]) for each in own}) == 5
        assert len({each.frame for each in own}) > 2
    assert clusters[0] == read_box(CUBE).clusters[0], "the first is the one that is nearest to the mean of its kind"


def test_nothing_depends_on_where_the_box_begins_or_on_the_order_of_molecules() -> None:
    frames, topology = box(CUBE)
    random = np.random.default_rng(3)
    order = np.concatenate(
        [
            (
                random.permutation(species.count)[:, None] * len(species.elements) + np.arange(len(species.elements))
            ).ravel()
            + topology.atoms(number).min()
            for number, species in enumerate(topology.species)
        ]
    )
    shuffled = Made(len(frames), CUBE, lambda number: frames[number].positions[order])
    first = read_box(CUBE)
    for other in (read_box(CUBE, shift=7.3), read(shuffled, topology, 300.0, "K+")):
        assert other.quantities.keys() == first.quantities.keys()
        for name, quantity in first.quantities.items():
            assert other.quantities[name].value == pytest.approx(quantity.value, abs=1e-9), name
        assert [each.label for each in other.clusters] == [each.label for each in first.clusters]


def test_residence_times_are_those_of_the_process() -> None:
    random = np.random.default_rng(4)
    cations, molecules, frames, chance = 16, 64, 4000, 0.02
    watch = Residence(cations, np.zeros(molecules, int), frames, 1.0, 8)
    at = random.integers(0, cations, molecules)
    for frame in range(frames):
        leave = random.uniform(size=molecules) < chance
        at = np.where(leave, (at + random.integers(1, cations, molecules)) % cations, at)
        watch.add(frame, at, np.arange(molecules))
    survival = watch.survival(0)
    assert survival[-1][:100] == pytest.approx((1 - chance) ** np.arange(100), abs=0.03)
    assert watch.time(survival[-1]) == pytest.approx(-1 / np.log(1 - chance), rel=0.05)


def test_who_is_back_soon_never_left() -> None:
    watch = Residence(1, np.zeros(1, int), 40, 1.0, 1)
    there = [0, 1, 2, 5, 6, 7, 8, 9, 20, 21]  # away for 2 ps: back; for 10 ps: gone
    for frame in there:
        watch.add(frame, np.array([0]), np.array([0]))
    # Of the twelve origins, nine are followed one frame on in the first stay and one in the second.
    assert watch.survival(0)[-1][1] == pytest.approx(10 / 12)


def test_memory_does_not_grow_with_the_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("potash.analysis.msd.MANY", 10_000)
    monkeypatch.setattr("potash.analysis.record.MANY", 1_000)
    still = np.random.default_rng(5).uniform(0, 24, (200, 3))

    def peak(frames: int) -> int:
        made = Made(frames, CUBE, lambda number: still + 0.1 * np.random.default_rng(number).normal(size=(200, 3)))
        tracemalloc.start()
        read(made, salt(20, 20, 160), 300.0, "K+", cutoffs={"F-.F": 4.0})
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(210)  # what is imported takes memory as well
    more = peak(510) - peak(210)
    # Survival curves, which the residence times come from, have so many numbers a lag, whatever the number of atoms.
    assert more < 300 * 200 * 3 * 4 / 3, "a third of what the further frames would take in single precision"


def test_what_is_no_cation_is_refused() -> None:
    frames, topology = box(CUBE)
    with pytest.raises(BadInput, match="no species is called 'Na"):
        read(frames, topology, 300.0, "Na+")
    with pytest.raises(BadInput, match="atom with a positive charge"):
        read(frames, topology, 300.0, "rod")


def test_times_must_ascend_evenly() -> None:
    frames, topology = box(CUBE)
    frames.step = 0.0
    with pytest.raises(BadInput, match="do not ascend"):
        read(frames, topology, 300.0, "K+")


def meeting(seed: int, slope: float) -> Quantity:
    """Give the share of anions that touch no cation, where the chance to touch one grows by a slope over the run."""
    random = np.random.default_rng(seed)
    cations = np.stack(np.meshgrid(*[[4.0, 12.0, 20.0]] * 3), axis=-1).reshape(-1, 3)
    positions = np.tile(np.concatenate([cations, cations + 4.0]), (80, 1, 1))
    chance = 0.5 + slope * (np.linspace(0, 1, 80) - 0.5)
    near = random.uniform(size=(80, 27)) < chance[:, None]
    positions[:, 27:] -= np.where(near[..., None], 2.5, 0.0)
    found = read(series(positions, CUBE), salt(27, 27), 300.0, "K+", cutoffs={"F-.F": 3.0})
    return found.quantities["uncoordinated F-"]


def test_a_share_that_still_drifts_is_refused() -> None:
    for seed in range(5):
        (check,) = meeting(seed, 0.4).checks
        assert check.name == "drift, over its standard error"
        assert not check.passed


def test_a_share_at_rest_passes_in_95_of_100_runs() -> None:
    found = [meeting(seed, 0.0) for seed in range(100)]
    assert sum(check.passed for each in found for check in each.checks) >= 88, "the binomial margin of 95 in 100"
    assert np.mean([each.value for each in found if each.value is not None]) == pytest.approx(50, abs=1)
