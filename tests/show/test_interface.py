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
    strains = [float(line.split()[7]) for line in lines[1:] if line[0].isdigit()]
    assert len(strains) > 1
    assert strains == sorted(strains)


@pytest.mark.parametrize("number", [1, 2])
def test_the_one_named_is_written(number: int, tmp_path: Path) -> None:
    path = tmp_path / "made.xyz"
    row = said(path, asked=ONTO._replace(match=number)).splitlines()[number].split()
    atoms = read(path)
    assert len(atoms) == int(row[-4])
    assert row[-3:] == ["Cu", "|", "Al"]
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
    _, _, atoms = join("Cu", (1, 1, 1), 12.0, ONTO, (1, 1, 1))
    for side in (FILM, SUBSTRATE):
        assert 9.5 < np.ptp(alone(atoms, side).positions[:, 2]) < 13


def test_a_file_may_lie_on_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "cu.cif"
    build("Cu", path, primitive=True, supercell="", slab=Slab())
    listed, _, atoms = join(str(path), (1, 1, 1), None, Join(substrate="graphene", max_area=20), None)
    assert listed[0][2] == "layer"
    assert set(atoms.symbols[atoms.arrays[SIDE] == SUBSTRATE]) == {"C"}


def test_the_cuts_of_both_sides_are_listed() -> None:
    slab = Slab(facet="1,1,1", table=True)
    head, *listed = (line.split() for line in said(slab=slab, asked=Join("K2Se", "1,1,1"), name="KF").splitlines())
    assert head == ["side", "facet", "cut", "below", "above", "surfaces", "polar", "Tasker"]
    assert listed == [
        ["film", "111", "1", "F", "K", "differ", "yes", "3"],
        ["film", "111", "2", "K", "F", "differ", "yes", "3"],
        ["substrate", "111", "1", "K", "K", "alike", "no", "2"],
        ["substrate", "111", "2", "K", "Se", "differ", "yes", "3"],
        ["substrate", "111", "3", "Se", "K", "differ", "yes", "3"],
    ]


def test_polar_sides_stand_beneath_the_candidates() -> None:
    lines = said(asked=Join("K2Se", "1,1,1", max_strain=0.2, max_area=30), name="K3Sb-cubic").splitlines()
    assert lines[1].endswith("K | K")
    assert any(line.startswith("film: K3Sb (1 1 1), cut 1 of 4: K below, Sb above; polar") for line in lines)
    assert any(line.startswith("substrate: K2Se (1 1 1), cut 1 of 3") and "both sides alike" in line for line in lines)


def test_a_table_of_terminations_says_what_is_stoichiometric() -> None:
    head, *listed = build(
        "K2Se", None, primitive=False, supercell="", slab=Slab(facet="1,1,1", table=True)
    ).splitlines()
    place = head.index("on both sides")
    told = {line.split()[0]: line[place:].split("  ")[0] for line in listed}
    assert told == {"K-1": "stoichiometric", "K-2": "less Se", "Se": "less K2", "Se-half": "stoichiometric"}


@pytest.mark.parametrize(("change", "words"), [
    ({"name": ""}, "needs a film as well"),
    ({"slab": Slab()}, "Cu is a crystal: name its facet"),
    ({"asked": ONTO._replace(match=99)}, "not 99"),
    ({"asked": ONTO._replace(facet="1,1")}, "--substrate-facet: '1,1' is not three whole numbers"),
    ({"asked": ONTO._replace(max_area=5.0)}, "allow more with max_area"),
    ({"asked": ONTO._replace(substrate="Alu")}, "unknown phase 'Alu'"),
    ({"asked": Join(match=2)}, "needs a substrate"),
    ({"slab": CU._replace(termination="Cu")}, "as film_termination: 2 in a campaign"),
])  # fmt: skip
def test_what_cannot_be_built_is_told(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput) as error:
        said(**change)  # type: ignore[arg-type]
    assert words in str(error.value)
