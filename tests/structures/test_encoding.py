"""Structures as plain data and back, through JSON, every digit kept."""

import json

import numpy as np
from ase import Atoms
from ase.constraints import FixAtoms
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from potash.structures.encoding import decode, encode

number = st.floats(-1e3, 1e3, allow_subnormal=False)


@st.composite
def structures(draw: st.DrawFn) -> Atoms:
    count = draw(st.integers(1, 6))
    atoms = Atoms(
        numbers=draw(st.lists(st.integers(1, 96), min_size=count, max_size=count)),
        positions=draw(arrays(float, (count, 3), elements=number)),
        cell=draw(arrays(float, (3, 3), elements=number)),
        pbc=draw(st.tuples(*[st.booleans()] * 3)),
    )
    atoms.set_initial_magnetic_moments(draw(arrays(float, count, elements=st.floats(-5, 5))))
    atoms.set_constraint(FixAtoms(sorted(draw(st.sets(st.integers(0, count - 1))))))
    return atoms


@given(structures())
def test_round_trip(atoms: Atoms) -> None:
    found = decode(json.loads(json.dumps(encode(atoms))))
    assert (found.numbers == atoms.numbers).all()
    assert (found.pbc == atoms.pbc).all()
    assert np.array_equal(found.positions, atoms.positions)
    assert np.array_equal(found.cell.array, atoms.cell.array)
    assert np.array_equal(found.get_initial_magnetic_moments(), atoms.get_initial_magnetic_moments())
    frozen = [set(fix.index.tolist()) for fix in atoms.constraints]
    assert [set(fix.index.tolist()) for fix in found.constraints] == [indices for indices in frozen if indices]


def test_frozen_atoms_stay_when_moved() -> None:
    atoms = Atoms("Cu2", [[0, 0, 0], [0, 0, 3]], constraint=FixAtoms([1]))
    found = decode(encode(atoms))
    found.set_positions(found.positions + 1)
    assert found.positions.tolist() == [[1, 1, 1], [0, 0, 3]]


def test_a_plain_structure_has_no_more_than_it_needs() -> None:
    assert set(encode(Atoms("H"))) == {"symbols", "positions", "cell", "pbc"}
