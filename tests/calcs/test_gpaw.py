"""What estimates take for granted of GPAW's setups."""

from __future__ import annotations

import pytest

from potash.calcs.gpaw import VALENCE


def test_valence_electrons_are_those_of_the_setups() -> None:
    pytest.importorskip("gpaw")
    from gpaw.setup_data import SetupData

    assert {symbol: SetupData(symbol, "PBE").Nv for symbol in VALENCE} == VALENCE
