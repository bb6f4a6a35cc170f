"""Studies of trajectories that users bring."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from potash.studies.common import BaseStudy, File, Model, Positive, Reach, Whole
from potash.studies.shell_levels import Levels

Name = Annotated[str, Field(min_length=1, max_length=500)]


class Listed(Model):
    """A kind of molecule in a trajectory: so many of it, one after the other."""

    name: Name
    smiles: Name | None = None
    count: Annotated[Whole, Field(ge=1, le=10**6)]


class TrajectoryStudy(BaseStudy):
    """What a trajectory says of a liquid: structure around a cation, speciation, transport."""

    kind: Literal["trajectory"]
    # None computes anything; this one asks for no installation.
    engine: Literal["emt"] = Field(default="emt", description="left out: nothing is calculated")
    trajectory: Annotated[File, Field(description="a mapping of file, as {file: run.xtc}")]
    topology: Annotated[
        File | None, Field(description="a mapping of file, as {file: run.tpr}, or left out: molecules by distances")
    ] = None
    molecules: Annotated[
        tuple[Listed, ...],
        Field(max_length=100, description="a list of molecules in the trajectory's order, as [{name: K+, count: 64}]"),
    ] = ()
    temperature: Annotated[Positive, Field(le=5000, description="a number greater than 0, in K")]
    cation: Annotated[Name | None, Field(description="the name of a species, as K+, or left out: transport alone")] = (
        None
    )
    interval: Annotated[
        Positive | None, Field(description="a number greater than 0: ps between frames, or left out: as the file says")
    ] = None
    viscosity: Annotated[
        Positive | None, Field(description="a number greater than 0, in mPa·s, or left out: no finite-size correction")
    ] = None
    pressures: Annotated[
        File | None,
        Field(description="a mapping of file with a pressure tensor a row, as {file: pressure.dat}, or left out"),
    ] = None
    current: Annotated[Positive, Field(le=1e4, description="a number greater than 0, in mA/cm²")] = 1.0
    cutoffs: Annotated[
        dict[str, Reach], Field(description="a mapping of species.element to the radius of its first shell in Å")
    ] = Field(default_factory=dict)
    levels: Levels = None

    @model_validator(mode="after")
    def _one_source(self) -> TrajectoryStudy:
        if self.topology is not None and self.molecules:
            raise ValueError("molecules: the topology names them; give one of the two")
        if self.viscosity is not None and self.pressures is not None:
            raise ValueError("pressures: the viscosity is given; give one of the two")
        if self.cation is None and (asked := "cutoffs" if self.cutoffs else "levels" if self.levels else None):
            raise ValueError(f"{asked}: there is no cation that shells are around; name one, or leave it out")
        return self
