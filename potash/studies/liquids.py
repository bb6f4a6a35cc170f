"""Studies of liquids: electrolytes and their solvents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from potash.studies.common import BaseStudy, Positive, Real, Whole
from potash.studies.shell_levels import Levels

Named = Annotated[str, Field(min_length=1, max_length=500)]
Span = Annotated[Positive, Field(le=10_000)]


class LiquidStudy(BaseStudy):
    """A liquid by molecular dynamics with a force field."""

    kind: Literal["liquid"]
    engine: Literal["openmm"] = Field(default="openmm", description="openmm, or left out")
    salt: Annotated[
        Named | None, Field(description="a salt of Li, Na or K and a molecular anion, as KFSI, or left out")
    ] = None
    solvents: Annotated[
        dict[Named, Annotated[Positive, Field(le=1000)]],
        Field(min_length=1, max_length=20, description="a mapping of molecules to their parts in moles, as {DME: 1}"),
    ]
    concentration: Annotated[Positive | None, Field(le=50, description="a number greater than 0, in mol/L")] = None
    molality: Annotated[
        Positive | None, Field(le=100, description="a number greater than 0, in mol/kg of the solvents")
    ] = None
    parts: Annotated[
        Positive | None, Field(le=1000, description="a number greater than 0: moles of salt beside the solvents' parts")
    ] = None
    atoms: Annotated[Whole, Field(ge=100, le=10_000, description="a whole number from 100 to 10000: about so many")] = (
        4000
    )
    temperature: Annotated[Positive, Field(ge=10, le=2000, description="a number from 10 to 2000, in K")] = 298.15
    pressure: Annotated[Real, Field(ge=-1e4, le=1e5, description="a number, in bar")] = 1.0
    density: Annotated[
        Positive | None,
        Field(ge=0.01, le=30, description="a number greater than 0, in g/cm³, or left out: then the pressure makes it"),
    ] = None
    forcefield: Annotated[Literal["opls", "gaff"], Field(description="opls or gaff: the family of force fields")] = (
        "opls"
    )
    charges: Annotated[
        Positive, Field(le=1, description="a number above 0, at most 1: the ions' charges are scaled by it")
    ] = 1.0
    production: Annotated[Span, Field(description="a number greater than 0, in ns")] = 5.0
    rest: Annotated[
        Span, Field(description="a number greater than 0, in ns, between the density and the production")
    ] = 0.2
    longest: Annotated[Span, Field(description="a number greater than 0, in ns: the longest time to the density")] = 5.0
    viscosity: Annotated[
        bool, Field(description="true or false: whether the viscosity is read from the production")
    ] = True
    interval: Annotated[Span, Field(ge=0.01, description="a number of at least 0.01, in ps between frames")] = 1.0
    seed: Annotated[Whole, Field(ge=0, description="a whole number of at least 0")] = 0
    levels: Levels = None

    @model_validator(mode="after")
    def _how_much(self) -> LiquidStudy:
        given = [key for key in ("concentration", "molality", "parts") if getattr(self, key) is not None]
        if self.salt is None and self.levels is not None:
            raise ValueError("levels: there is no salt, and so no cation that shells are around")
        if self.salt is None and given:
            raise ValueError(f"{given[0]}: there is no salt; name one, or leave it out")
        if self.salt is not None and len(given) != 1:
            raise ValueError(
                "a salt needs one of the keys concentration (mol/L), molality (mol/kg) and parts (moles beside the "
                f"solvents'), {'not several' if given else 'and none is given'}"
            )
        if self.density is not None and "pressure" in self.model_fields_set:
            raise ValueError("pressure: the density is given, and the volume does not change; leave one of them out")
        return self
