"""Studies of crystals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from potash.studies.common import BaseStudy, Divisions, Ion, Length, Matrix, PhaseName, Phases, Real, Whole


class BulkStudy(BaseStudy):
    """Relaxed cell and equation of state of a crystal."""

    kind: Literal["bulk"]
    phase: Phases
    points: Annotated[Whole | None, Field(ge=5, le=13, description="a whole number from 5 to 13")] = None
    strain: Annotated[Real | None, Field(gt=0, le=0.05, description="a number greater than 0, at most 0.05")] = None


class PolymorphsStudy(BaseStudy):
    """Energy differences of phases with one composition."""

    kind: Literal["polymorphs"]
    phases: Annotated[tuple[PhaseName, ...], Field(min_length=2, description="a list of at least two phases")]


class CapacityStudy(BaseStudy):
    """Theoretical capacity and volume change of a host on full uptake of an ion."""

    kind: Literal["capacity"]
    host: Annotated[PhaseName, Field(description="the name of a phase, or {file: my.cif}")]
    product: Annotated[PhaseName, Field(description="the name of a phase, or {file: my.cif}")]
    ion: Ion


class PhononsStudy(BaseStudy):
    """Vibrations of a crystal, and whether it is a minimum."""

    kind: Literal["phonons"]
    phase: Phases
    supercell: Annotated[
        Divisions | Matrix | Length,
        Field(
            description="three whole numbers of at least 1 as [2, 2, 2], three rows of three whole numbers, "
            "or a least length in Å"
        ),
    ] = (2, 2, 2)
    path: Annotated[
        tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...] | None,
        Field(min_length=1, description="a list of pieces of at least two points each, as [[G, X, W], [K, G]]"),
    ] = None
