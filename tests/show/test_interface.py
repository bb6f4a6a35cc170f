"""Interfaces at the command line: candidates and the structure that is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.data import covalent_radii
from ase.geometry import get_distances
from ase.io import read

from potash.errors import BadInput
from potash.show.interface import Join, join
from potash.show.structure import Slab, build
from potash.structures.interfaces import FILM, SIDE, SUBSTRATE, alone

ONTO = Join(substrate="Al", facet="1,1,1", max_area=80)
CU = Slab(facet="1,1,1")


def said(output: Path | None = None, slab: Slab = CU, asked: Join = ONTO, name: str = "Cu", supercell: str = "") -> str:
    return build(name, output, primitive=False, supercell=supercell, slab=slab, asked=asked)


def test_candidates_are_ranked_by_strain() -> None:
    lines = said().splitlines()
    assert lines[0].split()[:4] == ["match", "film", "substrate", "cells"]
    strains = [float(line.split()[7]) for line in lines[1:]]
    assert len(strains) > 1
    assert strains == sorted(strains)


@pytest.mark.parametrize("number", [1, 2])
def test_the_one_named_is_written(number: int, tmp_path: Path) -> None:
    path = tmp_path / "made.xyz"
    row = said(path, asked=ONTO._replace(match=number)).splitlines()[number].split()
    atoms = read(path)
    assert len(atoms) == int(row[-1])
    area = np.linalg.det(atoms.cell.array[:2, :2])
    assert area == pytest.approx(float(row[6]), abs=0.06)
    assert set(alone(atoms, FILM).symbols) == {"Cu"}
    assert set(alone(atoms, SUBSTRATE).symbols) == {"Al"}
    assert atoms.pbc.tolist() == [True, True, False]
    below, above = (alone(atoms, side) for side in (SUBSTRATE, FILM))
    nearest = get_distances(below.positions, above.positions, cell=atoms.cell, pbc=atoms.pbc)[1].min()
    assert nearest == pytest.approx(covalent_radii[13] + covalent_radii[29], abs=1e-3)


def test_a_superlattice_has_no_vacuum_and_repeats(tmp_path: Path) -> None:
    path = tmp_path / "made.xyz"
    said(path, asked=ONTO._replace(superlattice=True))
    once = read(path)
    assert once.pbc.all()
    assert np.ptp(once.positions[:, 2]) > once.cell.array[2, 2] - 4
    said(path, asked=ONTO._replace(superlattice=True), supercell="2,1,1")
    assert len(read(path)) == 2 * len(once)


def test_thickness_is_that_of_both_slabs() -> None:
    _, atoms = join("Cu", (1, 1, 1), 12.0, ONTO, (1, 1, 1))
    for side in (FILM, SUBSTRATE):
        assert 9.5 < np.ptp(alone(atoms, side).positions[:, 2]) < 13


def test_a_file_may_lie_on_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "cu.cif"
    build("Cu", path, primitive=True, supercell="", slab=Slab())
    listed, atoms = join(str(path), (1, 1, 1), None, Join(substrate="graphene", max_area=20), None)
    assert listed[0][2] == "layer"
    assert set(atoms.symbols[atoms.arrays[SIDE] == SUBSTRATE]) == {"C"}


@pytest.mark.parametrize(("change", "words"), [
    ({"name": ""}, "needs a film as well"),
    ({"slab": Slab()}, "Cu is a crystal: name its facet"),
    ({"asked": ONTO._replace(match=99)}, "not 99"),
    ({"asked": ONTO._replace(facet="1,1")}, "--substrate-facet: '1,1' is not three whole numbers"),
    ({"asked": ONTO._replace(max_area=5.0)}, "allow more with max_area"),
    ({"asked": ONTO._replace(substrate="Alu")}, "unknown phase 'Alu'"),
    ({"asked": Join(match=2)}, "needs a substrate"),
    ({"slab": CU._replace(table=True)}, "leave terminations out"),
])  # fmt: skip
def test_what_cannot_be_built_is_told(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput) as error:
        said(**change)  # type: ignore[arg-type]
    assert words in str(error.value)
