"""Studies of hops."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from potash.studies.common import (
    Division,
    Divisions,
    File,
    Ion,
    KPoints,
    Length,
    Matrix,
    Model,
    Natural,
    PhaseName,
    Positive,
    Reach,
    Real,
    Whole,
)
from potash.studies.slabs import Facet, Slabs


class _Hopping(Slabs):
    """What studies of hops have in common."""

    host: Annotated[
        PhaseName | Annotated[tuple[PhaseName, ...], Field(min_length=1)] | None,
        Field(description="the name of a phase, {file: my.cif}, or a list of these"),
    ] = None
    ion: Ion
    mechanism: Annotated[
        Literal["vacancy", "interstitial", "interstitialcy", "adatom"],
        Field(description="vacancy, interstitial, interstitialcy or adatom"),
    ] = "vacancy"
    facet: Facet = None
    sites: Annotated[
        tuple[str, ...],
        Field(
            description="a list of names of sites, as [hollow] or [bridge-2]; potash plan names those that it relaxes"
        ),
    ] = ()
    supercell: Annotated[
        Literal["conventional"] | tuple[Division, Division] | Divisions | Matrix | Length,
        Field(
            description="conventional, three whole numbers of at least 1 as [2, 2, 2] (two for a surface), "
            "three rows of three whole numbers, or a least length in Å"
        ),
    ] = "conventional"
    cutoff: Annotated[Reach, Field(description="a number greater than 0, in Å")] = 6.0
    images: Annotated[Whole, Field(ge=1, le=15, description="a whole number from 1 to 15")] = 7
    band: Annotated[Literal["surrogate", "plain"], Field(description="surrogate or plain")] = "surrogate"
    prior: Annotated[Literal["chgnet", "emt"] | None, Field(description="chgnet or emt, or left out")] = None
    shell: Annotated[
        Literal["ion", "neighbours", "cell"] | Length | None,
        Field(description="ion, neighbours, cell or a radius in Å, or left out"),
    ] = None
    sensitivities: Annotated[bool | None, Field(description="true or false, or left out")] = None
    charge: Annotated[Real, Field(description="a number, in units of e")] = 0.0
    kpoints: KPoints = None

    @model_validator(mode="after")
    def _surface(self) -> _Hopping:
        if self.facet == (0, 0, 0):
            raise ValueError("facet: (0, 0, 0) is no plane; at least one Miller index must differ from 0")
        if self.termination and not self.facet:
            raise ValueError(f"termination: '{self.termination}' is one of a facet; name the facet, as [1, 1, 1]")
        if self.facet and self.mechanism != "adatom":
            raise ValueError(f"facet: a {self.mechanism} hops in a crystal; a facet is for the mechanism adatom")
        if self.mechanism == "adatom" and self.charge:
            raise ValueError("charge: a surface between vacuum cannot be charged against a uniform background")
        if self.mechanism == "adatom" and self.kpoints and self.kpoints[2] != 1:
            raise ValueError("kpoints: across the vacuum of a surface one is enough, as [2, 2, 1]")
        return self


class BarrierStudy(_Hopping):
    """Migration barrier of one hop of an ion, in a crystal or on a surface."""

    kind: Literal["barrier"]
    hop: Annotated[Natural, Field(description="a whole number of at least 1 (1 is the shortest hop)")] = 1
    ends: Annotated[
        tuple[File, File] | None,
        Field(description="two structures, as [{file: before.xyz}, {file: after.xyz}], or left out"),
    ] = None

    @model_validator(mode="after")
    def _from(self) -> BarrierStudy:
        if (self.host is None) == (self.ends is None):
            raise ValueError(
                "a barrier study needs the key 'host' (a phase) or the key 'ends' (two structures), not both"
            )
        if self.ends is not None:
            said = ("hop", "supercell", "facet", "layers", "thickness", "termination", "substrate", "sites", "cutoff")
            for key in said:
                if key in self.model_fields_set:
                    raise ValueError(f"{key}: the two structures in 'ends' say it already; leave it out")
            if self.mechanism == "interstitialcy":
                raise ValueError(
                    "mechanism: between the two structures in 'ends' one ion hops, of an interstitialcy two do; name the "
                    "'host' instead"
                )
        return self


class NetworkStudy(_Hopping):
    """All distinct hops of an ion in a host: where they lead at which barrier, and how fast."""

    kind: Literal["network"]
    temperature: Annotated[Positive, Field(description="a number greater than 0, in K")] = 300.0

    @model_validator(mode="after")
    def _in(self) -> NetworkStudy:
        if self.host is None:
            raise ValueError("a network study needs the key 'host'")
        return self


class Banded(Model):
    """What studies say of the bands of hops that are found on the way."""

    images: Annotated[Whole, Field(ge=1, le=15, description="a whole number from 1 to 15")] = 7
    band: Annotated[Literal["surrogate", "plain"], Field(description="surrogate or plain")] = "surrogate"
    prior: Annotated[Literal["chgnet", "emt"] | None, Field(description="chgnet or emt, or left out")] = None
    shell: Annotated[
        Literal["ion", "neighbours"] | Length | None,
        Field(description="ion, neighbours or a radius in Å, or left out"),
    ] = None
    charge: Annotated[Real, Field(description="a number, in units of e")] = 0.0
    kpoints: KPoints = None
