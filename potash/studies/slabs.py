"""Studies of facets and of what lies on them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from potash.studies.common import BaseStudy, Division, Ion, KPoints, Length, Miller, Model, PhaseName, Phases, Whole

Facet = Annotated[Miller | None, Field(description="three whole numbers, as [1, 1, 0], or left out")]
Layers = Annotated[Whole, Field(ge=1, le=20, description="a whole number from 1 to 20")]
Thickness = Annotated[Length | None, Field(description="a number greater than 0, in Å, or left out")]
TerminationName = Annotated[
    str | None,
    Field(min_length=1, description="the name of a termination, as potash structure --terminations lists them"),
]
Substrate = Annotated[Literal["relaxed", "frozen"], Field(description="relaxed or frozen")]


class Slabs(BaseStudy):
    """What studies on slabs have in common."""

    layers: Layers = 4
    thickness: Thickness = None
    termination: TerminationName = None
    substrate: Substrate = "relaxed"

    @model_validator(mode="after")
    def _one_thickness(self) -> Slabs:
        if self.thickness is not None and "layers" in self.model_fields_set:
            raise ValueError("thickness: 'layers' says it already; give one of the two")
        return self


class SiteSearch(Model):
    """A cheaper engine that tries everything first, and how much of it the study's own engine sees."""

    engine: str
    keep: Annotated[Whole, Field(ge=1, le=20)] = 2


Cells = tuple[Division, Division]


class AdsorptionStudy(Slabs):
    """Adsorption of an atom on a layer or a facet."""

    kind: Literal["adsorption"]
    phase: Phases
    ion: Ion
    facets: Annotated[
        tuple[Miller, ...],
        Field(description="a list of facets of three whole numbers each, as [[1, 1, 1], [1, 0, 0]]"),
    ] = ()
    supercell: Annotated[
        Cells | Annotated[tuple[Cells, ...], Field(min_length=2)],
        Field(description="two whole numbers of at least 1, as [3, 3], or a list of at least two such pairs"),
    ] = (3, 3)
    sites: Annotated[
        tuple[Literal["top", "bridge", "hollow"], ...],
        Field(min_length=1, description="a list of top, bridge and hollow, or of some of them"),
    ] = ("hollow", "bridge", "top")
    search: Annotated[
        SiteSearch | None,
        Field(
            description="a mapping of engine (a cheaper one) and keep (1 to 20), as {engine: chgnet, keep: 2}, or left out"
        ),
    ] = None
    kpoints: KPoints = None
    charges: Annotated[bool, Field(description="true or false")] = True
    sensitivities: Annotated[bool | None, Field(description="true or false, or left out")] = None

    @model_validator(mode="after")
    def _facets(self) -> AdsorptionStudy:
        if (0, 0, 0) in self.facets:
            raise ValueError("facets: (0, 0, 0) is no plane; at least one Miller index must differ from 0")
        if self.termination and not self.facets:
            raise ValueError(f"termination: '{self.termination}' is one of a facet; name the facet, as [[1, 1, 1]]")
        return self

    @model_validator(mode="after")
    def _series(self) -> AdsorptionStudy:
        several = [size for size in self.supercell if isinstance(size, tuple)]
        if len(set(several)) < len(several):
            raise ValueError("supercell: one of the list stands in it twice")
        if several and self.kpoints:
            raise ValueError("kpoints: one grid is not as dense in all supercells; leave it out, or set 'spacing'")
        return self


class CoverageStudy(BaseStudy):
    """Adsorption energies of one ion on one surface over its coverage, from adsorption studies above."""

    kind: Literal["coverage"]
    studies: Annotated[
        tuple[str, ...],
        Field(min_length=2, description="a list of at least two ids of adsorption studies above"),
    ]


class SurfaceStudy(BaseStudy):
    """Surface energies of a crystal's facets, and its equilibrium shape."""

    kind: Literal["surface"]
    phase: Phases
    facets: Annotated[
        tuple[Miller, ...],
        Field(description="a list of facets of three whole numbers each, as [[1, 1, 1], [1, 0, 0]]"),
    ] = ()
    max_index: Annotated[Whole, Field(ge=1, le=3, description="a whole number from 1 to 3")] = 1
    terminations: Annotated[Literal["first", "all", "any"], Field(description="first, all or any")] = "first"
    references: dict[Ion, PhaseName] = Field(
        default_factory=dict,
        description="a mapping of elements to their phases, as {O: {file: oxygen.xyz}}, or left out",
    )
    thicknesses: Annotated[
        tuple[Division, ...] | None,
        Field(min_length=3, description="a list of at least three whole numbers, as [3, 5, 7], or left out"),
    ] = None
    vacuum: Annotated[
        tuple[Length, ...],
        Field(min_length=1, max_length=2, description="a list of one or two numbers greater than 0, in Å, as [8, 12]"),
    ] = (8.0, 12.0)
    cut_molecules: Annotated[bool, Field(description="true or false")] = False

    @model_validator(mode="after")
    def _which(self) -> SurfaceStudy:
        if (0, 0, 0) in self.facets:
            raise ValueError("facets: (0, 0, 0) is no plane; at least one Miller index must differ from 0")
        if self.facets and "max_index" in self.model_fields_set:
            raise ValueError("max_index: 'facets' says already which; give one of the two")
        if self.thicknesses and len(set(self.thicknesses)) < len(self.thicknesses):
            raise ValueError(f"thicknesses: {list(self.thicknesses)} has one of them twice; a line needs three")
        if len(self.vacuum) == 2 and self.vacuum[0] >= self.vacuum[1]:
            raise ValueError(
                f"vacuum: {list(self.vacuum)} does not grow; the second one tells what a wider one changes"
            )
        if self.references and self.terminations != "any":
            raise ValueError("references: only terminations: any has chemical potentials that refer to them")
        return self
