"""A calculation's key: the same for the same content, another for whatever decides the result."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from potash.calcs.calculation import Calculation
from potash.structures.encoding import encode
from potash.structures.phases import phase

START: dict[str, Any] = {
    "task": "relax",
    "atoms": (encode(phase("K2Se")),),
    "engine": "gpaw",
    "version": "26.7.0",
    "settings": {
        "cutoff": 350,
        "charge": 0.0,
        "convergence": {"energy": 1e-4, "eigenstates": 4e-8},
        "kpoints": [2, 2, 2],
    },
    "options": {"force": 0.05, "stress": 0.2, "steps": 100, "cell": "free"},
}


def made(**change: Any) -> Calculation:
    return Calculation(**{**START, **change})


def settings(**change: Any) -> dict[str, Any]:
    return {"settings": {**START["settings"], **change}}


def moved(index: int, axis: int, by: float) -> dict[str, Any]:
    atoms = phase("K2Se")
    atoms.positions[index, axis] += by
    return {"atoms": (encode(atoms),)}


def turned(content: Any) -> Any:
    """The same content, every mapping in reverse order."""
    if isinstance(content, dict):
        return {key: turned(content[key]) for key in reversed(content)}
    return [turned(item) for item in content] if isinstance(content, list | tuple) else content


def test_order_of_keys_is_no_matter() -> None:
    assert made(**turned(START)).key == made().key


def test_a_calculation_read_back_has_its_key() -> None:
    assert Calculation.model_validate_json(made().model_dump_json()).key == made().key


@given(seed=st.integers(0, 10**6))
def test_noise_changes_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    atoms = phase("K2Se")
    atoms.positions = np.round(atoms.positions, 6)
    atoms.cell[:] = np.round(atoms.cell.array, 6)
    still = Calculation(**{**START, "atoms": (encode(atoms),)})
    atoms.positions += random.uniform(-1e-8, 1e-8, atoms.positions.shape)
    atoms.cell[:] += random.uniform(-1e-8, 1e-8, (3, 3))
    assert Calculation(**{**START, "atoms": (encode(atoms),)}).key == still.key


def test_minus_zero_is_zero() -> None:
    atoms = phase("K2Se")
    atoms.positions[atoms.positions == 0] = -0.0
    assert made(atoms=(encode(atoms),)).key == made().key


@pytest.mark.parametrize("index", range(12))
@pytest.mark.parametrize("axis", range(3))
def test_every_coordinate_counts(index: int, axis: int) -> None:
    assert made(**moved(index, axis, 1e-6)).key != made().key


@pytest.mark.parametrize(
    "change",
    [
        {"task": "orbitals"},
        {"engine": "espresso"},
        {"version": "26.7.1"},
        settings(charge=-1.0),
        settings(cutoff=351),
        settings(kpoints=[2, 2, 3]),
        settings(convergence={"energy": 1e-4, "eigenstates": 1e-9}),
        settings(convergence={"energy": 1e-5, "eigenstates": 4e-8}),
        settings(functional="PBE"),
        {"options": {**START["options"], "force": 0.03}},
        {"options": {**START["options"], "cell": "fixed"}},
        {"atoms": (START["atoms"][0], START["atoms"][0])},
        {"atoms": ({**START["atoms"][0], "pbc": [True, True, False]},)},
        {"atoms": ({**START["atoms"][0], "frozen": [0]},)},
        {"atoms": ({**START["atoms"][0], "moments": [1.0] + [0.0] * 11},)},
        {"atoms": ({**START["atoms"][0], "symbols": ["Na", *START["atoms"][0]["symbols"][1:]]},)},
        {"atoms": ({**START["atoms"][0], "cell": [[7.7, 0, 0], [0, 7.7, 0], [0, 0, 7.7]]},)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_decides_the_result_makes_another_key(change: dict[str, Any]) -> None:
    assert made(**change).key != made().key


def test_the_order_of_end_points_counts() -> None:
    one, other = START["atoms"][0], moved(0, 0, 0.1)["atoms"][0]
    assert made(task="band", atoms=(one, other)).key != made(task="band", atoms=(other, one)).key


def test_a_key_is_a_file_name_and_the_formula_is_words() -> None:
    assert len(made().key) == 24
    assert made().key.isalnum()
    assert made().formula == "K8Se4"


def test_what_a_calculation_does_not_know_is_refused() -> None:
    with pytest.raises(ValidationError):
        made(walltime=3)
