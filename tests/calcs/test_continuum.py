"""Dielectric constants of solvents and their mixtures."""

from __future__ import annotations

import pytest

from potash.calcs.continuum import dielectric, table
from potash.structures.densities import densities
from potash.structures.molecules import load, names

#: What the Minnesota solvent descriptors call them (in pyscf, as `eps` at 25 °C).
MINNESOTA = {"THF": "tetrahydrofuran", "DMSO": "dimethylsulfoxide", "DMA": "N,N-dimethylacetamide"}


def test_every_solvent_is_a_molecule_and_a_liquid_on_record() -> None:
    for name, row in table().items():
        assert name in names()
        assert load(name).charge == 0
        assert 1.5 < row["dielectric"] < 200
        assert 273 < row["temperature"] < 323
        assert row["source"]
        assert name in densities()


def test_they_are_those_of_another_compilation() -> None:
    known = pytest.importorskip("pyscf.solvent.smd").solvent_db
    for name, theirs in MINNESOTA.items():
        assert dielectric(name) == pytest.approx(known[theirs][5], rel=0.02)


def test_a_mixture_lies_between_its_parts_and_is_the_part_where_it_is_one() -> None:
    assert dielectric({"EC": 3, "EMC": 7}) == pytest.approx(0.3 * 89.78 + 0.7 * 2.985)
    assert dielectric({"DME": 2}) == pytest.approx(dielectric("DME"))
    assert dielectric({"DME": 0.4, "by": "mole"}) == pytest.approx(dielectric("DME"))
    assert dielectric({"EC": 1, "DMC": 2}) == pytest.approx(dielectric({"EC": 5, "DMC": 10}))
    assert 2.985 < (dielectric({"EC": 1, "EMC": 1, "by": "mole"}) or 0) < (dielectric({"EC": 1, "EMC": 1}) or 0)


def test_moles_become_volumes() -> None:
    """88.06 g/mol at 1.3214 g/cm³ and 90.08 g/mol at 1.0636 g/cm³."""
    volumes = 88.062 / 1.3214, 90.078 / 1.0636
    mean = (volumes[0] * 89.78 + volumes[1] * 3.087) / sum(volumes)
    assert dielectric({"EC": 1, "DMC": 1, "by": "mole"}) == pytest.approx(mean, rel=1e-4)
