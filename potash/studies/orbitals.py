"""Studies of the levels of molecules, and of their electron transfer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from potash.studies.common import BaseStudy
from potash.studies.molecules import MoleculeName

Property = Literal["levels", "affinity", "ionisation", "potentials"]


class OrbitalsStudy(BaseStudy):
    """HOMO and LUMO of molecules, bare or bound to an ion; electron affinity, ionisation energy and redox potentials."""

    kind: Literal["orbitals"]
    molecules: Annotated[
        tuple[MoleculeName, ...],
        Field(min_length=1, description="a list of molecules' names or SMILES, as [EC, PC, {smiles: COC}]"),
    ]
    bound_to: Annotated[
        tuple[Literal["Li+", "Na+", "K+"], ...], Field(description="a list of ions, of Li+, Na+ and K+, or left out")
    ] = ()
    geometry: Annotated[Literal["relaxed", "given"], Field(description="relaxed or given")] = "relaxed"
    properties: Annotated[
        tuple[Property, ...],
        Field(min_length=1, description="a list of levels, affinity, ionisation and potentials"),
    ] = ("levels",)
    difference: Annotated[
        tuple[MoleculeName, MoleculeName] | None, Field(description="two molecules' names, as [FEC, PC]")
    ] = None
    order: Annotated[
        tuple[str, ...],
        Field(description="a list of molecules' names, the lowest level that is claimed first, or left out"),
    ] = ()
    level: Annotated[Literal["LUMO", "HOMO"], Field(description="LUMO or HOMO: which one the order is of")] = "LUMO"
    sensitivities: Annotated[bool | None, Field(description="true or false, or left out")] = None
