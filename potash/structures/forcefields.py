"""Force fields: which atom has which type, and which term stands between which types. A missing one is an error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations, permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import yaml

from potash.errors import BadInput

if TYPE_CHECKING:
    from potash.structures.components import Component

FOLDER = Path(__file__).parent / "data" / "forcefields"
FAMILIES = Path(__file__).parent / "data" / "families.yaml"
#: Around a centre of six, neighbours that stand wider than this are opposite, and have no term (in degrees).
OPPOSITE = 135.0

Terms = dict[tuple[str, ...], list[float]]


@dataclass(frozen=True)
class ForceField:
    """A force field's content: see the files in ``data/forcefields``."""

    name: str
    source: str
    rules: tuple[tuple[str, str], ...]
    types: dict[str, dict[str, Any]]
    bonds: Terms
    angles: Terms
    dihedrals: Terms
    impropers: Terms
    planar: frozenset[str]
    rigid: bool


@dataclass(frozen=True)
class Rules:
    """What a family of force fields has in common.

    Attributes
    ----------
    combination
        Of the sigma of two atoms: ``geometric`` or ``Lorentz-Berthelot`` (their arithmetic mean); epsilon is the geometric
        mean in both.
    charges14, dispersion14
        How much of the charges' and of the Lennard-Jones energy counts between atoms three bonds apart.
    """

    combination: str
    charges14: float
    dispersion14: float


@cache
def _families() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(FAMILIES.read_text(encoding="utf-8"))
    return loaded


@cache
def rules(family: str) -> Rules:
    """Give the rules of a family, ``opls`` or ``gaff``."""
    return Rules(**{key: value for key, value in _families()[family].items() if key != "fields"})


@cache
def forcefields(family: str) -> tuple[ForceField, ...]:
    """Read the force fields of a family."""
    return tuple(_read(FOLDER / f"{name}.yaml") for name in _families()[family]["fields"])


def parametrise(component: Component, family: str) -> dict[str, Any]:
    """Find all that a family's force fields say of a molecule or ion.

    Parameters
    ----------
    component
        The molecule or ion.
    family
        ``opls`` or ``gaff``.

    Returns
    -------
    dict
        Plain data: ``name`` and ``source`` of the force field, ``types``; of each atom ``masses`` (u), ``charges`` (e; None
        where the force field leaves them to be fitted to each molecule), ``sigma`` (Å), ``epsilon`` (kJ/mol); ``bonds`` (two atoms, Å, kJ/mol/Å²), ``angles`` (three atoms, degrees,
        kJ/mol/rad²), ``dihedrals`` (four atoms, V1 to V4 in kJ/mol), ``impropers`` (two neighbours, the centre, its third
        neighbour, V2 in kJ/mol); ``rigid``.

    Raises
    ------
    BadInput
        Naming the species and the atom type, bond, angle or dihedral that no force field here has.
    """
    tried = [(field, _types(field, component)) for field in forcefields(family)]
    field, found = min(tried, key=lambda each: each[1].count(None))
    if not any(found):
        raise BadInput(
            f"no force field of the family {family} has a type for any atom of {component.name} (SMILES {component.smiles})"
            + _elsewhere(component, family)
        )
    if None in found:
        lacking = ", ".join(
            f"{element}{number + 1}"
            for number, (element, kind) in enumerate(zip(component.elements, found, strict=True))
            if kind is None
        )
        raise BadInput(
            f"no force field of the family {family} has atom types for all of {component.name}: {field.name} has none for {lacking} "
            f"(of the SMILES {component.smiles}){_elsewhere(component, family)}"
        )
    types = [str(kind) for kind in found]
    of = [field.types[kind] for kind in types]
    charges = [float(each["charge"]) for each in of] if all("charge" in each for each in of) else None
    if charges is not None and abs(sum(charges) - component.charge) > 1e-6:
        raise BadInput(
            f"the charges of {field.name} for {component.name} add up to {sum(charges):+.4f} e, "
            f"not {component.charge:+d}: its atom types are not meant for this molecule"
        )
    from ase.data import atomic_masses, atomic_numbers

    return {
        "name": field.name,
        "source": field.source,
        "rigid": field.rigid,
        "types": types,
        "masses": [float(atomic_masses[atomic_numbers[element]]) for element in component.elements],
        "charges": charges,
        "sigma": [float(each["sigma"]) for each in of],
        "epsilon": [float(each["epsilon"]) for each in of],
        **_bonded(field, component, [str(each["bonded"]) for each in of]),
    }


def scaled(parameters: dict[str, Any], charge: int, factor: float) -> dict[str, Any]:
    """Scale the charges of an ion; molecules without charge stay as they are."""
    return {**parameters, "charges": [factor * q for q in parameters["charges"]]} if charge else parameters


def _elsewhere(component: Component, family: str) -> str:
    """Name a family that has types for all atoms of a molecule."""
    for other in _families():
        if other != family and any(None not in _types(field, component) for field in forcefields(other)):
            return f"; the family {other} has: forcefield: {other}"
    return ""


def _types(field: ForceField, component: Component) -> list[str | None]:
    mol = component.mol
    found: list[str | None] = [None] * mol.GetNumAtoms()
    for smarts, kind in field.rules:
        for match in mol.GetSubstructMatches(_pattern(smarts), uniquify=False, maxMatches=100_000):
            found[match[0]] = kind
    return found


@cache
def _pattern(smarts: str) -> Any:
    from rdkit import Chem

    return Chem.MolFromSmarts(smarts)


def _bonded(field: ForceField, component: Component, kinds: list[str]) -> dict[str, Any]:
    """List a molecule's bonded terms with their parameters."""
    graph = nx.Graph(component.bonds)
    bonds, angles, dihedrals, impropers = [], [], [], []

    def term(what: str, table: Terms, atoms: tuple[int, ...]) -> list[float]:
        names = tuple(kinds[atom] for atom in atoms)
        found = _look(table, names)
        if found is None:
            raise BadInput(f"{field.name} has no parameters for the {what} {'-'.join(names)} of {component.name}")
        return found

    for i, j in component.bonds:
        bonds.append([i, j, *term("bond", field.bonds, (i, j))])
    for j in sorted(graph):
        for i, k in combinations(sorted(graph[j]), 2):
            if len(graph[j]) < 6 or _angle(component, i, j, k) < OPPOSITE:
                angles.append([i, j, k, *term("angle", field.angles, (i, j, k))])
        if len(graph[j]) == 3:
            found = _improper(field.impropers, kinds, j, sorted(graph[j]))
            if not found and kinds[j] in field.planar:
                names = "-".join(kinds[atom] for atom in (j, *sorted(graph[j])))
                raise BadInput(f"{field.name} has no parameters for the improper {names} of {component.name}")
            impropers += found
    for j, k in component.bonds:
        ends = ((i, m) for i in sorted(graph[j]) for m in sorted(graph[k]) if len({i, j, k, m}) == 4)
        dihedrals += [[i, j, k, m, *term("dihedral", field.dihedrals, (i, j, k, m))] for i, m in ends]
    return {"bonds": bonds, "angles": angles, "dihedrals": dihedrals, "impropers": impropers}


def _improper(table: Terms, kinds: list[str], centre: int, around: list[int]) -> list[list[Any]]:
    """Find the term of a centre with three neighbours, if there is one: the one that leaves fewest of them open.

    Its angle is that of two neighbours, the centre, and the neighbour that the term names first.
    """
    fitting = [
        (names.count("*"), [first, second, centre, last, *values])
        for names, values in table.items()
        for last, first, second in permutations(around)
        if all(name in ("*", kinds[atom]) for name, atom in zip(names, (centre, last, first, second), strict=True))
    ]
    return [min(fitting)[1]] if fitting else []


def _look(table: Terms, names: tuple[str, ...]) -> list[float] | None:
    """Find a term, read either way; one that names its atoms goes before one that leaves some open."""
    for ends in (names, ("*", *names[1:-1], "*"), ("*", *names[1:]), (*names[:-1], "*")):
        for one in (ends, ends[::-1]):
            if one in table:
                return table[one]
    return None


def _angle(component: Component, i: int, j: int, k: int) -> float:
    places = np.array(component.positions)
    one, other = places[i] - places[j], places[k] - places[j]
    return float(np.degrees(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other))))


def _read(path: Path) -> ForceField:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))

    def table(name: str, atoms: int) -> Terms:
        return {tuple(row[:atoms]): [float(value) for value in row[atoms:]] for row in content[name]}

    return ForceField(
        name=content["name"],
        source=" ".join(content["source"].split()),
        rules=tuple((smarts, kind) for smarts, kind in content["rules"]),
        types=content["types"],
        bonds=table("bonds", 2),
        angles=table("angles", 3),
        dihedrals=table("dihedrals", 4),
        impropers=table("impropers", 4),
        planar=frozenset(content.get("planar", ())),
        rigid=bool(content.get("rigid", False)),
    )
