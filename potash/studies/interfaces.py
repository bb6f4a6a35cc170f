"""Studies of coherent interfaces."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from potash.studies.common import (
    BaseStudy,
    Division,
    Ion,
    Length,
    Miller,
    Model,
    Natural,
    PhaseName,
    Phases,
    Positive,
    Reach,
    Real,
    Whole,
)
from potash.studies.hopping import Banded


class Scan(Model):
    """Which lateral shifts and gaps of an interface are tried, and with which engine."""

    grid: Annotated[Whole, Field(ge=1, le=12)] = 3
    gaps: Annotated[tuple[Real, ...], Field(min_length=1)] = (0.0, 0.3)
    engine: str | None = None


#: One facet, or a list of them; none for a layer.
Faces = Annotated[
    Miller | Annotated[tuple[Miller, ...], Field(min_length=1)] | None,
    Field(description="three whole numbers, as [1, 1, 0], a list of such facets, or left out for a layer"),
]
Depth = Annotated[Positive, Field(le=100, description="a number greater than 0, at most 100, in Å")]
Ordinal = Annotated[Natural, Field(description="a whole number of at least 1")]


class Coherent(BaseStudy):
    """What studies of coherent interfaces have in common."""

    film: Phases
    film_facet: Faces = None
    film_termination: Ordinal = 1
    film_thickness: Depth = 8.0
    substrate: Annotated[PhaseName, Field(description="the name of a phase, or {file: my.cif}")]
    substrate_facet: Faces = None
    substrate_termination: Ordinal = 1
    substrate_thickness: Depth = 8.0
    cut_molecules: Annotated[bool, Field(description="true or false")] = False
    match: Ordinal = 1
    max_area: Annotated[Positive, Field(le=400, description="a number greater than 0, at most 400, in Å²")] = 200.0
    max_strain: Annotated[Real, Field(gt=0, le=0.2, description="a number greater than 0, at most 0.2")] = 0.05
    share: Annotated[
        Real, Field(ge=0, le=1, description="a number from 0 (all strain on the film) to 1 (all on the substrate)")
    ] = 0.0
    geometry: Annotated[Literal["slab", "superlattice"], Field(description="slab or superlattice")] = "slab"
    frozen: Annotated[
        Whole, Field(ge=0, description="how many of the substrate's lowest atomic planes are frozen: a whole number")
    ] = 0
    scan: Annotated[
        Scan,
        Field(description="a mapping of grid (1 to 12), gaps (a list of numbers, in Å) and engine, or of some of them"),
    ] = Scan()
    keep: Annotated[Natural, Field(le=10, description="a whole number from 1 to 10")] = 2


class InterfaceStudy(Coherent):
    """A coherent interface of a film on a substrate."""

    kind: Literal["interface"]
    charges: Annotated[bool, Field(description="true or false")] = True
    electrons: Annotated[
        bool, Field(description="true (states by layer, potential, band offsets; where the engine has them) or false")
    ] = True
    sensitivities: Annotated[bool | None, Field(description="true or false, or left out")] = None


class WaySearch(Model):
    """With which engine the easiest ways are looked for, and by how much it is believed to err."""

    engine: Literal["chgnet", "emt"]
    margin: Annotated[Real, Field(ge=0)] = 0.1


class PassageStudy(Coherent, Banded):
    """The ways of an ion along a coherent interface and across it."""

    kind: Literal["passage"]
    ion: Ion
    mechanism: Annotated[Literal["vacancy", "interstitial"], Field(description="vacancy or interstitial")] = "vacancy"
    region: Annotated[Length, Field(description="a number greater than 0, in Å from the middle of the interface")] = 4.0
    cutoff: Annotated[Reach, Field(description="a number greater than 0, in Å")] = 5.0
    supercell: Annotated[
        tuple[Division, Division], Field(description="two whole numbers of at least 1, as [2, 2]: along the interface")
    ] = (1, 1)
    search: Annotated[
        WaySearch | None,
        Field(
            description="a mapping of engine (chgnet or emt) and margin (a number of at least 0, in eV), or left out"
        ),
    ] = None
    beside: Annotated[
        tuple[str, ...], Field(description="a list of ids of studies above whose barrier stands beside, as [bulk]")
    ] = ()

    @model_validator(mode="after")
    def _between_vacuum(self) -> PassageStudy:
        if self.geometry == "slab" and self.charge:
            raise ValueError("charge: a slab between vacuum cannot be charged; take geometry superlattice")
        if self.geometry == "slab" and self.kpoints and self.kpoints[2] != 1:
            raise ValueError("kpoints: across the vacuum of a slab one is enough, as [2, 2, 1]")
        return self
