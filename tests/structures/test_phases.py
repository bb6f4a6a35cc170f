"""Every phase that potash ships against spglib and its own record; users' files, good and bad."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import spglib
from ase import Atoms
from ase.data import covalent_radii
from ase.formula import Formula
from ase.io import write
from ase.neighborlist import neighbor_list
from ase.units import _amu
from pymatgen.core import Lattice, Structure

from potash.errors import BadInput
from potash.structures.files import read
from potash.structures.orbits import primitive_of
from potash.structures.phases import load, names, phase, structure
from tests.cif import CIF

each = pytest.mark.parametrize("name", names())
#: The density of an element computed from a mass in u and a volume in Å³ comes in g/cm³ with this.
GRAMS = _amu * 1e3 * 1e24


def cell_of(atoms: Atoms) -> tuple:
    return atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers


def distances(atoms: Atoms, reach: float = 6.0) -> dict[tuple[str, str], np.ndarray]:
    """All distances per formula unit in rising order, by the elements that they join."""
    first, second, distance = neighbor_list("ijd", atoms, reach)
    units = Formula(str(atoms.symbols)).reduce()[1]
    one, other = np.array(atoms.symbols)[first], np.array(atoms.symbols)[second]
    found = {
        pair: np.sort(distance[(one == pair[0]) & (other == pair[1])]) for pair in set(zip(one, other, strict=True))
    }
    # Each distance stands there once a formula unit.
    return {pair: values[units // 2 :: units] for pair, values in found.items()}


def same_crystal(one: Atoms, other: Atoms, within: float = 1e-4) -> bool:
    left, right = distances(one), distances(other)
    return left.keys() == right.keys() and all(
        len(left[pair]) == len(right[pair]) and np.abs(left[pair] - right[pair]).max() < within for pair in left
    )


@each
def test_space_group_sites_and_formula(name: str) -> None:
    record = load(name).model_copy(update={"magnetic": None})  # an order makes the cell larger
    atoms = record.atoms()
    if record.layer:  # it was moved to the middle of its cell, which gives its sites other letters
        atoms.positions[:, 2] -= atoms.cell[2, 2] / 2
    found = spglib.get_symmetry_dataset(cell_of(atoms), symprec=1e-4)
    assert found.number == record.space_group.number
    assert found.international == record.space_group.symbol
    orbits = Counter(found.crystallographic_orbits.tolist())
    sites = sorted((atoms.symbols[index], f"{count}{found.wyckoffs[index]}") for index, count in orbits.items())
    assert sites == sorted((site.element, site.wyckoff) for site in record.sites)
    assert Formula(str(atoms.symbols)).reduce()[0].count() == Formula(record.formula).count()


@each
def test_density_and_distances(name: str) -> None:
    record, atoms = load(name), phase(name)
    if record.density:
        density = atoms.get_masses().sum() * GRAMS / atoms.get_volume()
        assert density == pytest.approx(record.density.value, rel=0.03)
    first, second, distance = neighbor_list("ijd", atoms, 6.0)
    sums = covalent_radii[atoms.numbers[first]] + covalent_radii[atoms.numbers[second]]
    assert (distance / sums).min() > 0.7


@each
def test_primitive_and_conventional_cell_are_one_crystal(name: str) -> None:
    conventional, primitive = phase(name), phase(name, primitive=True)
    tiles = conventional.cell.array @ np.linalg.inv(primitive.cell.array)
    assert np.allclose(tiles, np.round(tiles))
    assert round(abs(np.linalg.det(tiles))) * len(primitive) == len(conventional)
    assert len(primitive_of(conventional)) == len(primitive)
    assert conventional.get_volume() / len(conventional) == pytest.approx(primitive.get_volume() / len(primitive))
    assert same_crystal(conventional, primitive)
    assert (conventional.pbc == primitive.pbc).all()


def test_layers_are_not_periodic_across() -> None:
    layers = [name for name in names() if not phase(name).pbc.all()]
    assert layers == ["antimonene", "graphene"]
    assert phase("graphene").pbc.tolist() == [True, True, False]
    assert "c" not in load("graphene").experiment


def test_names_in_any_case() -> None:
    assert load("k2se").name == load(" K2SE ").name == "K2Se"


def test_a_phase_goes_by_its_other_names() -> None:
    assert phase("Grey Tin") == phase("Sn-alpha") != phase("white tin")
    labels = [label.casefold() for name in names() for label in (name, *load(name).aliases)]
    assert len(labels) == len(set(labels)), "each name means one phase"
    assert all(load(alias).name == name for name in names() for alias in load(name).aliases)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("K3Sb", ["K3Sb-cubic", "K3Sb-hexagonal"]), ("Cuu", ["Cu"]), ("K2Sse", ["K2Se"]), ("graphen", ["graphene"])],
)
def test_unknown_phase_gives_near_names(wrong: str, meant: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        phase(wrong)
    assert f"unknown phase '{wrong}'" in str(caught.value)
    assert all(name in str(caught.value) for name in meant)


def test_a_name_like_nothing_gives_all() -> None:
    with pytest.raises(BadInput) as caught:
        phase("qqqqqqqqqq")
    assert all(name in str(caught.value) for name in names())


def write_as(form: str, atoms: Atoms, folder: Path) -> Path:
    if form == "json":
        path = folder / "own.json"
        crystal = Structure(Lattice(atoms.cell.array), list(atoms.symbols), atoms.get_scaled_positions())
        path.write_text(json.dumps(crystal.as_dict()))
        return path
    path = folder / {"cif": "own.cif", "poscar": "POSCAR", "vasp": "own.vasp", "xyz": "own.xyz"}[form]
    write(path, atoms, format={"poscar": "vasp", "xyz": "extxyz"}.get(form, form))
    return path


@pytest.mark.parametrize("form", ["cif", "poscar", "vasp", "xyz", "json"])
def test_users_files(form: str, tmp_path: Path) -> None:
    atoms = phase("K2Se")
    path = write_as(form, atoms, tmp_path)
    found = structure({"file": path.name}, tmp_path)
    assert found.pbc.all()
    assert np.allclose(found.cell.cellpar(), atoms.cell.cellpar(), atol=1e-5)
    assert spglib.get_symmetry_dataset(cell_of(found), symprec=1e-3).number == 225
    assert Counter(found.symbols) == Counter(atoms.symbols)
    assert same_crystal(found, atoms)


def test_a_cif_with_symmetry_operations_is_unfolded(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    path.write_text(CIF.replace("'P 1'", "'F m -3 m'") + "Cu1 Cu 0 0 0 1\n")
    assert len(read(path)) == 4


def partial_json() -> str:
    return json.dumps(Structure(Lattice.cubic(4), [{"Cu": 0.5, "Au": 0.5}], [[0, 0, 0]]).as_dict())


WITHOUT_OCCUPANCY = CIF.replace("_atom_site_occupancy\n", "")
EXTENDED = '1\nLattice="{}" Properties=species:S:1:pos:R:3 pbc="T T T"\n{}\n'

BAD = {
    "half.cif": (CIF + "Cu1 Cu 0 0 0 0.5\n", "partial occupancies (Cu 0.5 on one site)"),
    "alloy.cif": (CIF + "Cu1 Cu 0 0 0 0.5\nAu1 Au 0 0 0 0.5\n", "partial occupancies (Cu 0.5, Au 0.5 on one site)"),
    "alloy.json": (partial_json(), "partial occupancies"),
    "near.cif": (CIF + "Cu1 Cu 0 0 0 1\nCu2 Cu 0.1 0 0 1\n", "0.40 Å apart"),
    "wrapped.cif": (CIF + "Cu1 Cu 0.05 0 0 1\nK1 K 0.95 0 0 1\n", "overlapping atoms"),
    "same.cif": (WITHOUT_OCCUPANCY + "Cu1 Cu 0 0 0\nAu1 Au 0 0 0\n", "Cu and Au on one place"),
    "small.xyz": (EXTENDED.format("1 0 0 0 1 0 0 0 1", "Cu 0 0 0"), "1.00 Å apart"),
    "flat.xyz": (EXTENDED.format("3 0 0 6 0 0 0 0 3", "Cu 0 0 0"), "cell without volume"),
    "nan.xyz": (EXTENDED.format("3 0 0 0 3 0 0 0 3", "Cu 0 0 nan"), "not a number"),
    "dummy.xyz": (EXTENDED.format("3 0 0 0 3 0 0 0 3", "X 0 0 0"), "no known element"),
    "none.xyz": ("0\n\n", "holds no atoms"),
    "unknown.cif": (WITHOUT_OCCUPANCY + "Cu1 Cu ? ? ?\n", "not a structure"),
    **dict.fromkeys(("empty.cif", "POSCAR", "empty.xyz", "empty.json"), ("", "is empty")),
    **{
        f"garbage{end}": ("hello,\nworld\n", "not a structure") for end in (".cif", ".xyz", ".json", ".vasp", "", ".py")
    },
    "other.json": ("{}", "not a structure"),
    "list.json": ("[1]", "not a structure"),
    "header.cif": (CIF, "not a structure"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_one_sentence_that_names_the_file(name: str, tmp_path: Path) -> None:
    text, says = BAD[name]
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        read(path)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert says in sentence
    assert "\n" not in sentence
    for jargon in ("Traceback", "ufunc", "Error", "NoneType", "list indices"):
        assert jargon not in sentence


def test_binary_missing_and_folder(tmp_path: Path) -> None:
    binary = tmp_path / "a.cif"
    binary.write_bytes(bytes(range(256)))
    with pytest.raises(BadInput, match="not a structure"):
        read(binary)
    with pytest.raises(BadInput, match=r"no structure file at .*gone\.cif"):
        read(tmp_path / "gone.cif")
    with pytest.raises(BadInput, match="is a folder"):
        read(tmp_path)


def test_a_file_that_is_code_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(BadInput):
        read(path)
    assert not (tmp_path / "ran").exists()
