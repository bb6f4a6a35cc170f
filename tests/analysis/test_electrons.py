"""Overlaps of states against closed forms, and bands aligned by potentials of known shape."""

from __future__ import annotations

from math import erfc, sqrt
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given
from hypothesis import strategies as st

from potash.analysis.electrons import summarise
from potash.analysis.overlap import EDGE, VALENCE, blur, overlap, spread
from potash.analysis.result import Quantity
from potash.structures.encoding import encode
from potash.structures.interfaces import FILM, SIDE, SUBSTRATE

GRID = np.linspace(-8, 4, 241)
FINE = np.linspace(-30, 30, 60001)
WIDE = (-30.0, 30.0)


def peak(centre: float, width: float = 0.4, energies: np.ndarray = GRID) -> np.ndarray:
    return np.exp(-(((energies - centre) / width) ** 2) / 2)


def test_equal_states_overlap_wholly_whatever_their_norm() -> None:
    one = peak(-2) + 0.3 * peak(-4)
    assert overlap(GRID, one, 7.5 * one) == pytest.approx(1.0)


def test_states_at_no_common_energy_do_not_overlap() -> None:
    assert overlap(GRID, peak(-1, 0.1), peak(-4, 0.1)) == pytest.approx(0.0, abs=1e-9)


@given(apart=st.floats(0, 8), width=st.floats(0.3, 2))
def test_shifted_gaussians_overlap_as_the_error_function_says(apart: float, width: float) -> None:
    shared = overlap(FINE, peak(0, width, FINE), peak(apart, width, FINE), WIDE)
    assert shared == pytest.approx(erfc(apart / (2 * sqrt(2) * width)), abs=2e-3)


@given(seed=st.integers(0, 1000))
def test_it_lies_between_0_and_1_and_knows_no_order(seed: int) -> None:
    one, other = np.random.default_rng(seed).random((2, len(GRID)))
    shared = overlap(GRID, one, other)
    assert shared is not None
    assert 0 <= shared <= 1 + 1e-12
    assert shared == pytest.approx(overlap(GRID, other, one))


def test_only_the_window_counts() -> None:
    assert overlap(GRID, peak(-2) + peak(2), peak(-2)) == pytest.approx(1.0, abs=1e-4)
    assert overlap(GRID, peak(-2), np.zeros(len(GRID))) is None


@given(apart=st.floats(0.2, 4), width=st.floats(0.3, 0.6))
def test_the_spread_is_what_twice_the_broadening_does(apart: float, width: float) -> None:
    # Peaks in the middle of the window, so that its edge decides nothing: twice the broadening is a variance of 3 w² more.
    one, other = (peak(-3 + sign * apart / 2, 0.3) for sign in (-1, 1))
    expected = erfc(apart / (2 * sqrt(2) * sqrt(0.09 + 3 * (width / 4) ** 2))) - erfc(apart / (2 * sqrt(2) * 0.3))
    assert spread(GRID, one, other, width / 4) == pytest.approx(expected, abs=0.03)


def test_the_spread_sees_what_lies_at_the_edge() -> None:
    # Half of the second side's states lie just below the window: within it nothing is wrong.
    one, other = peak(-3, 0.2), peak(-3, 0.2) + peak(VALENCE[0] - EDGE / 2, 0.1)
    assert overlap(GRID, one, other) == pytest.approx(1.0, abs=1e-3)
    assert spread(GRID, one, other, 0.05) == pytest.approx(1 / 3, abs=0.02)


def test_broadening_keeps_the_number_of_states() -> None:
    made = blur(GRID, peak(-2, 0.3), 0.4)
    assert made.sum() == pytest.approx(peak(-2, 0.3).sum())
    assert made.max() == pytest.approx(0.3 / 0.5, abs=1e-3)


#: Layers of one element, 3 Å apart: substrate from 0 Å up, film above; the potential steps between them at 10.5 Å.
HEIGHT, PERIOD, COUNT = 24.0, 3.0, 4
Z = np.arange(480) * HEIGHT / 480


def chain(film: str = "K", substrate: str = "Na") -> Atoms:
    atoms = Atoms([substrate] * COUNT + [film] * COUNT, cell=[4, 4, HEIGHT], pbc=True)
    atoms.positions[:, 2] = PERIOD * np.arange(2 * COUNT)
    atoms.set_array(SIDE, np.repeat([SUBSTRATE, FILM], COUNT))
    return atoms


def bulk(edges: tuple[float, float] | None, fermi: float, mean: float = 0.0) -> dict[str, Any]:
    return {"planar": [mean] * 30, "edges": edges, "fermi": fermi}


def found(film: dict[str, Any] | None, substrate: dict[str, Any] | None, step: float, fermi: float = 0.0) -> Any:
    """An interface whose substrate has states at −2 eV and whose film at −3 eV, both at the interface at −2.5 eV."""
    atoms = encode(chain())
    upper = (Z > 10.5) & (Z < 22.5)
    planar = np.where(upper, step, 0.0) + 4 * np.cos(2 * np.pi * Z / PERIOD)
    states = [peak(-2)] * (COUNT - 1) + [peak(-2.5)] * 2 + [peak(-3)] * (COUNT - 1)
    made = {
        "z": Z.tolist(),
        "planar": planar.tolist(),
        "fermi": fermi,
        "energies": GRID.tolist(),
        "states": [each.tolist() for each in states],
        "complete": 3.0,
        "edges": None,
    }
    cell = encode(Atoms("K", cell=[4, 4, PERIOD], pbc=True))
    return {
        "electrons": {"interface": made, "film": film, "substrate": substrate},
        "starts": [atoms],
        "relaxed": [{"atoms": atoms}],
        "references": [{"atoms": cell}, {"atoms": cell}],
    }


TOLD = {"stack": {"repeats": (COUNT, COUNT)}, "width": 0.15}


def quantities(*given: Any, told: dict[str, Any] = TOLD, **more: float) -> dict[str, Quantity]:
    return summarise(told, found(*given, **more), 0)[0]


def test_the_pair_at_the_interface_is_set_against_the_one_inside() -> None:
    made = quantities(bulk(None, 0.0), bulk(None, 0.0), 0.0)
    assert made["overlap of states"].value == pytest.approx(1.0)
    far = made["overlap of states, far away"]
    assert far.value == pytest.approx(erfc(1 / (2 * sqrt(2) * 0.4)), abs=5e-3)
    assert "K (film, layer 2) and Na (substrate, layer 2)" in far.says


def test_it_is_the_same_in_a_larger_cell_and_upside_down() -> None:
    given = found(bulk(None, 0.0), bulk(None, 0.0), 0.0)
    rng = np.random.default_rng(1)
    states = rng.random((2 * COUNT, len(GRID)))

    def told(states: np.ndarray, atoms: Atoms) -> list[tuple[float | None, float | None]]:
        made = {**given["electrons"]["interface"], "states": states.tolist()}
        plain = encode(atoms)
        now = {
            **given,
            "electrons": {**given["electrons"], "interface": made},
            "starts": [plain],
            "relaxed": [{"atoms": plain}],
        }
        quantities = summarise(TOLD, now, 0)[0]
        return [(each.value, each.error) for name, each in quantities.items() if name.startswith("overlap")]

    once = told(states, chain())
    assert all(0 < value < 1 and error is not None and error > 0 for value, error in once if value is not None)
    assert np.array(told(np.tile(states, (4, 1)), chain().repeat((2, 2, 1)))) == pytest.approx(np.array(once))
    turned = chain("Na", "K")
    assert np.array(told(states[::-1], turned)) == pytest.approx(np.array(once))


def test_all_elements_of_both_sides_count() -> None:
    """Behind a layer of sodium lies one of selenium, whose states are where those of the film are."""
    given = found(bulk(None, 0.0), bulk(None, 0.0), 0.0)
    atoms = chain()
    atoms.symbols[[0, 2]] = "Se"
    states = [peak(-2)] * COUNT + [peak(-5)] * COUNT
    states[2] = 3 * peak(-5)
    made = {**given["electrons"]["interface"], "states": [each.tolist() for each in states]}
    plain = encode(atoms)
    now = {
        **given,
        "electrons": {**given["electrons"], "interface": made},
        "starts": [plain],
        "relaxed": [{"atoms": plain}],
    }
    quantities = summarise(TOLD, now, 0)[0]
    assert quantities["overlap of states"].value == pytest.approx(0.0, abs=0.01)
    both = quantities["overlap of states, all elements"]
    assert both.value == pytest.approx(0.75, abs=0.01)
    assert "Na + Se (substrate, layers 1 to 2)" in both.says


@given(step=st.floats(-2, 2), shift=st.floats(-5, 5), mean=st.floats(-3, 3))
def test_offsets_are_those_of_the_levels_and_the_step(step: float, shift: float, mean: float) -> None:
    # A shift of all potentials and levels of one calculation changes nothing.
    film = bulk((-1.0 + shift + mean, 0.5 + shift + mean), 0.0, shift + mean)
    made = quantities(film, bulk((-2.0, 1.0), 0.0), step)
    assert made["step of the potential"].value == pytest.approx(step, abs=0.02)
    assert made["valence band offset"].value == pytest.approx(step + 1.0, abs=0.02)
    assert made["conduction band offset"].value == pytest.approx(step - 0.5, abs=0.02)
    assert made["valence band offset"].error == pytest.approx(0.0, abs=0.15 * abs(step) + 1e-9)


@pytest.mark.parametrize(
    ("step", "kind"), [(0.0, "straddling"), (1.0, "staggered"), (-1.5, "staggered"), (2.5, "broken")]
)
def test_the_sort_of_alignment_is_told(step: float, kind: str) -> None:
    made = quantities(bulk((-1.0, 0.5), 0.0), bulk((-2.0, 1.0), 0.0), step)
    assert made["valence band offset"].says.endswith(kind)


def test_a_metal_has_a_schottky_barrier() -> None:
    made = quantities(bulk((-1.0, 0.5), 0.0), bulk(None, -0.2), 0.1, fermi=9.0)
    assert made["Schottky barrier for holes"].value == pytest.approx(-0.2 - (-1.0 + 0.1), abs=0.01)
    assert made["Schottky barrier for electrons"].value == pytest.approx(0.5 + 0.1 + 0.2, abs=0.01)
    assert "valence band offset" not in made


def test_a_layer_gives_the_common_fermi_level() -> None:
    made, _, _ = summarise(
        {**TOLD, "stack": {"repeats": (COUNT, 1)}}, found(bulk((-1.0, 0.5), 0.0), None, 0.1, fermi=-0.3), 0
    )
    assert made["Schottky barrier for holes"].value == pytest.approx(-0.3 - (-1.0 + 0.1), abs=0.01)
    assert "where the layer conducts" in made["Schottky barrier for holes"].says
    assert "step of the potential" not in made


def test_two_metals_have_no_offset() -> None:
    made = quantities(bulk(None, 1.0), bulk(None, 0.4), -0.6)
    assert made["difference of the Fermi levels"].value == pytest.approx(0.0, abs=0.01)
    assert not {"valence band offset", "Schottky barrier for holes"} & set(made)


def test_thin_sides_have_no_inside() -> None:
    given = found(bulk(None, 1.0), bulk(None, 0.4), 0.0)
    given["references"][0] = {"atoms": encode(Atoms("K", cell=[4, 4, 2.5 * PERIOD], pbc=True))}
    made, data, notes = summarise({**TOLD, "stack": {"repeats": (1, COUNT)}}, given, 0)
    assert list(made) == ["overlap of states", "overlap of states, all elements"]
    assert "the outermost atoms of the film lie less than 1.25 periods" in notes[-1]
    assert data["inside"]["film"][2] is None


def test_a_field_in_a_side_refuses_its_numbers() -> None:
    given = found(bulk((-1.0, 0.5), 0.0), bulk((-2.0, 1.0), 0.0), 0.0)
    leaning = np.array(given["electrons"]["interface"]["planar"]) + np.where(Z > 10.5, 0.1 * (Z - 10.5), 0.0)
    given["electrons"]["interface"]["planar"] = leaning.tolist()
    checks = summarise(TOLD, given, 0)[0]["valence band offset"].checks
    assert [check.passed for check in checks] == [False, True]
    assert checks[0].value == pytest.approx(0.1 * 2 * PERIOD, abs=0.1)
