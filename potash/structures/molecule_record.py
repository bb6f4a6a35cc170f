"""What a molecule's file in ``data/molecules`` says, checked."""

import re
from collections import Counter
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator


class Geometry(BaseModel):
    """Where a molecule's atoms are, and how that was found.

    Parameters
    ----------
    method
        How the geometry was made.
    versions
        Version of each program that made it.
    energy
        Total energy in eV, of that method.
    conformers_tried
        Number of conformers of which this is the lowest.
    atoms
        Element, x, y, z of every atom, in Å.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    versions: dict[str, str]
    energy: FiniteFloat
    conformers_tried: int = Field(ge=1)
    atoms: tuple[tuple[str, FiniteFloat, FiniteFloat, FiniteFloat], ...]


class Molecule(BaseModel):
    """A molecule or molecular ion: who it is and where its atoms are.

    Parameters
    ----------
    name
        The name the field uses, with its sign for an ion.
    aliases
        Other names.
    full_name
        IUPAC or common name.
    formula
        Hill formula, without the charge.
    charge
        Charge in e.
    smiles, inchikey
        The structure. A racemate has no stereo marks.
    cas
        CAS registry number.
    source
        Where the identity was found.
    geometry
        The lowest conformer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    aliases: tuple[str, ...]
    full_name: str
    formula: str = Field(pattern=r"^([A-Z][a-z]?\d*)+$")
    charge: int
    smiles: str
    inchikey: str = Field(pattern=r"^[A-Z]{14}-[A-Z]{10}-[A-Z]$")
    cas: str | None = Field(default=None, pattern=r"^\d{2,7}-\d{2}-\d$")
    source: str
    geometry: Geometry

    @model_validator(mode="after")
    def _formula_counts_the_atoms(self) -> Self:
        stated: Counter[str] = Counter()
        for element, count in re.findall(r"([A-Z][a-z]?)(\d*)", self.formula):
            stated[element] += int(count or 1)
        found = Counter(row[0] for row in self.geometry.atoms)
        if stated != found:
            raise ValueError(f"the formula {self.formula} disagrees with the atoms {dict(found)}")
        return self
