"""Chemical potentials between the elements' limits: what adds up, and what does not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from potash.analysis.potentials import conditions, range_of
from potash.analysis.surface import summarise
from potash.structures.elements import DATA, element_phase
from potash.structures.phases import phase

ENERGIES = st.floats(-9, -1)


def cell(symbols: str, energy: float) -> dict[str, Any]:
    from ase.symbols import Symbols

    fit = {"energy": energy, "residual": 0.0}
    return {"atoms": {"symbols": list(Symbols.fromsymbols(symbols))}, "energy": energy, "force": 0.0, "fit": fit}


@given(ENERGIES, ENERGIES, st.floats(-3, -0.01))
def test_at_each_end_one_element_is_itself_and_the_compound_holds_both_together(
    k: float, se: float, heat: float
) -> None:
    whole = cell("K4Se2", 4 * k + 2 * se + 6 * heat)
    found = range_of(whole, {"K": cell("K2", 2 * k), "Se": cell("Se3", 3 * se)})
    assert list(found.ends) == ["K-rich", "Se-rich"]
    assert found.ends["K-rich"]["K"] == pytest.approx(k)
    assert found.ends["Se-rich"]["Se"] == pytest.approx(se)
    for end in found.ends.values():
        assert 4 * end["K"] + 2 * end["Se"] == pytest.approx(whole["energy"])
        assert end["K"] <= k + 1e-9
        assert end["Se"] <= se + 1e-9
    assert found.formation == pytest.approx(heat)
    assert found.second == "Se"
    assert found.ends["K-rich"]["Se"] == pytest.approx(se - found.width)


def test_what_has_the_crystals_composition_needs_no_potential() -> None:
    whole = cell("K4Se2", -20.0)
    known = range_of(whole, {"K": cell("K", -1.0), "Se": cell("Se", -3.5)})
    assert conditions({}, whole, known) == {"": 0.0}
    assert conditions({"K": 2, "Se": 1}, whole, known) == {"": pytest.approx(-10.0)}
    assert conditions({"Se": 1}, whole, known) == {"K-rich": pytest.approx(-8.0), "Se-rich": pytest.approx(-3.5)}
    assert conditions({"Sb": 1}, cell("Sb2", -8.0), None) == {"": pytest.approx(-4.0)}


def slabs(missing: dict[str, int], energies: list[float]) -> dict[str, Any]:
    atoms = {
        "symbols": ["K"],
        "positions": [[0, 0, 0]],
        "cell": np.diag([2.0, 3, 20]).tolist(),
        "pbc": [True, True, False],
    }
    relaxed = [{"energy": energy, "force": 0.0, "atoms": atoms} for energy in energies]
    return {"facet": "100", "name": "K", "symmetric": True, "atoms": 3, "missing": missing, "layers": [1, 2, 3],
            "slabs": relaxed, "wider": None, "vacuum": (8.0,), "normals": [[0, 0, 1]]}  # fmt: skip


@pytest.mark.parametrize(("potassium", "formed"), [(-1.0, True), (-4.0, False)])
def test_a_compound_that_does_not_form_has_no_surface_energy(potassium: float, formed: bool) -> None:
    whole, elements = cell("K2Se", -10.0), {"K": cell("K", potassium), "Se": cell("Se", -3.5)}
    quantities, data, _ = summarise(
        [slabs({"Se": 1}, [-5.0, -15.0, -25.0])], whole, elements, {"force": 0.1, "stress": 0.1}
    )
    rich = quantities["surface energy 100 K, Se-rich"]
    assert rich.value == pytest.approx((-5 + 10 - 3.5) / 12 * 16.02176634)
    assert all(check.passed for check in rich.checks if check.name.startswith("energy of formation")) is formed
    assert data["potential"]["lines"]["100 K"][1] == pytest.approx(rich.value)


def test_every_element_named_has_a_crystal_of_it_alone() -> None:
    import yaml

    for symbol in yaml.safe_load(DATA.read_text(encoding="utf-8")):
        assert set(phase(element_phase(symbol)).symbols) == {symbol}
