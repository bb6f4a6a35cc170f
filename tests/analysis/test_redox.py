"""Potentials of electron transfer against closed-form cycles."""

from __future__ import annotations

import pytest

from potash.analysis.redox import absolute, potentials


def test_a_couple_that_gives_the_electrode_s_own_energy_has_no_voltage() -> None:
    for metal in ("Li", "Na", "K"):
        assert potentials(absolute(metal), 0.0)[metal] == pytest.approx(0)


def test_metals_differ_by_their_standard_potentials_whatever_the_couple() -> None:
    found = potentials(-3.7, -5.1)
    assert found["Li"] - found["Na"] == pytest.approx(3.04 - 2.71)
    assert found["K"] - found["Na"] == pytest.approx(2.93 - 2.71)


def test_the_hydrogen_electrode_lies_where_the_metals_say() -> None:
    assert absolute("Li") == pytest.approx(4.44 - 3.04)


def test_a_cycle_through_the_gas_phase_gives_the_same_potential() -> None:
    """A(s) → A(g) → A⁻(g) → A⁻(s): affinity and energies of solvation instead of energies in the solvent."""
    affinity, solvation, solvation_of_the_ion, neutral = 0.4, -0.3, -2.1, -100.0
    direct = potentials(neutral + solvation, neutral - affinity + solvation_of_the_ion)
    cycle = affinity + solvation - solvation_of_the_ion
    assert direct["K"] == pytest.approx(cycle - absolute("K"))
