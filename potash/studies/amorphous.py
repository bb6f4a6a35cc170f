"""Studies of amorphous samples."""

from __future__ import annotations

import re
from math import prod
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from potash.studies.common import BaseStudy, Length, Model, Natural, PhaseName, Positive, Reach, Real, Whole
from potash.studies.hopping import Banded
from potash.studies.interfaces import Depth, Ordinal, WaySearch
from potash.studies.slabs import Facet


def _countable(formula: str) -> str:
    """Refuse numbers that multiply to more atoms than could be listed."""
    if prod(map(int, re.findall(r"[0-9]+", formula))) > 10**6:
        raise ValueError("too many atoms")
    return formula


class Quench(Model):
    """With which engine the atoms move while they melt and cool."""

    engine: str


class AmorphousStudy(BaseStudy, Banded):
    """Amorphous samples from the melt, alone or on a substrate."""

    kind: Literal["amorphous"]
    formula: Annotated[
        str, Field(min_length=1, max_length=100, description="a formula, as Bi or K3Sb"), AfterValidator(_countable)
    ]
    atoms: Annotated[Whole, Field(ge=8, le=1000, description="a whole number from 8 to 1000")]
    density: Annotated[Positive, Field(ge=0.01, le=50, description="a number greater than 0, in g/cm³")]
    melt: Annotated[Real, Field(gt=300, le=10000, description="a number above 300, at most 10000, in K")]
    hold: Annotated[Positive, Field(le=10000, description="a number greater than 0, in ps")] = 5.0
    rate: Annotated[Positive, Field(ge=0.01, description="a number greater than 0, in K/ps")] = 100.0
    timestep: Annotated[Positive, Field(ge=0.05, le=10, description="a number greater than 0, at most 10, in fs")] = 2.0
    quench: Annotated[
        Quench | None,
        Field(description="a mapping of engine (the one that melts and cools), as {engine: chgnet}, or left out"),
    ] = None
    seed: Annotated[Whole, Field(ge=0, description="a whole number of at least 0")] = 0
    samples: Annotated[Natural, Field(le=20, description="a whole number from 1 to 20")] = 1
    ion: Annotated[str | None, Field(min_length=1, description="the symbol of an element, or left out")] = None
    mechanism: Annotated[Literal["vacancy", "interstitial"], Field(description="vacancy or interstitial")] = (
        "interstitial"
    )
    cutoff: Annotated[Reach, Field(description="a number greater than 0, in Å")] = 3.5
    hops: Annotated[Natural, Field(description="a whole number of at least 1: so many hops of each sample")] = 8
    region: Annotated[
        Length | None,
        Field(description="a number greater than 0, in Å from the middle of the interface, or left out"),
    ] = None
    search: Annotated[
        WaySearch | None,
        Field(
            description="a mapping of engine (chgnet or emt) and margin (a number of at least 0, in eV), or left out"
        ),
    ] = None
    substrate: Annotated[
        PhaseName | None, Field(description="the name of a phase, {file: my.cif}, or left out: samples alone")
    ] = None
    substrate_facet: Facet = None
    substrate_termination: Ordinal = 1
    substrate_thickness: Depth = 8.0
    cut_molecules: Annotated[bool, Field(description="true or false")] = False
    cells: Annotated[
        tuple[Natural, Natural],
        Field(description="two whole numbers of at least 1, as [3, 3]: the substrate's surface cells"),
    ] = (1, 1)
    gaps: Annotated[tuple[Real, ...], Field(min_length=1, description="a list of numbers, in Å")] = (0.0, 0.3)
    frozen: Annotated[
        Whole, Field(ge=0, description="how many of the substrate's lowest atomic planes are frozen: a whole number")
    ] = 0

    @model_validator(mode="after")
    def _upon(self) -> AmorphousStudy:
        for key in (
            "substrate_facet",
            "substrate_termination",
            "substrate_thickness",
            "cut_molecules",
            "cells",
            "gaps",
            "frozen",
            "region",
        ):
            if self.substrate is None and key in self.model_fields_set:
                raise ValueError(f"{key}: there is no substrate; name one, or leave it out")
        for key in ("mechanism", "cutoff", "hops", "region", "search", *Banded.model_fields):
            if self.ion is None and key in self.model_fields_set:
                raise ValueError(f"{key}: there is no ion that hops; name one, or leave it out")
        return self

    @model_validator(mode="after")
    def _where_it_hops(self) -> AmorphousStudy:
        if self.region is None and self.search is not None:
            raise ValueError("search: it looks for the easiest way along a substrate; give a region, or leave it out")
        if self.region is not None and "hops" in self.model_fields_set:
            raise ValueError("hops: in a region the easiest way is looked for, and none is drawn; leave it out")
        if self.region is not None and self.charge:
            raise ValueError("charge: a slab between vacuum cannot be charged")
        if self.region is not None and self.kpoints and self.kpoints[2] != 1:
            raise ValueError("kpoints: across the vacuum of a slab one is enough, as [2, 2, 1]")
        return self
