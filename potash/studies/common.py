"""What all studies may say: numbers, phases, settings."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _number(value: Any) -> Any:
    if isinstance(value, bool):  # YAML reads yes and no as truth values, pydantic those as 1 and 0
        raise ValueError("yes and no are no numbers")
    return value


def _mebibytes(value: Any) -> int:
    found = re.match(r"^(\d{1,7})([MG])$", str(value))
    if not found:
        raise ValueError("an amount of memory has a unit")
    return int(found[1]) * (1024 if found[2] == "G" else 1)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a letter in it cannot be shown")
    return text


Protocol = Literal["fast", "standard", "strict"]
# Larger numbers than these are slips, and would fill the memory.
Whole = Annotated[int, Field(ge=-(10**9), le=10**9), BeforeValidator(_number)]
Real = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6), BeforeValidator(_number)]
Positive = Annotated[Real, Field(gt=0)]
#: In MiB; in a file 500M or 64G.
Memory = Annotated[int, Field(ge=1), BeforeValidator(_mebibytes)]
Length = Annotated[Positive, Field(le=200)]
Reach = Annotated[Positive, Field(le=20)]
Natural = Annotated[Whole, Field(ge=1, le=1000)]
Division = Annotated[Natural, Field(le=100)]
Divisions = tuple[Division, Division, Division]
Entry = Annotated[Whole, Field(ge=-50, le=50)]
Row = tuple[Entry, Entry, Entry]
Index = Annotated[Whole, Field(ge=-20, le=20)]
Miller = tuple[Index, Index, Index]
Matrix = tuple[Row, Row, Row]


class Model(BaseModel):
    """The description of a field says what it must be, in the words of an error: 'KEY must be …'."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class File(Model):
    """A structure of the user's: CIF, POSCAR, extended XYZ or pymatgen JSON."""

    file: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_printable)]


PhaseName = str | File
#: One phase, or a list that makes one study an entry.
Phases = Annotated[
    PhaseName | Annotated[tuple[PhaseName, ...], Field(min_length=1)],
    Field(description="the name of a phase, {file: my.cif}, or a list of these"),
]
Ion = Annotated[str, Field(min_length=1, description="the symbol of an element")]
KPoints = Annotated[Divisions | None, Field(description="three whole numbers of at least 1, as [2, 2, 2], or left out")]


class Resources(Model):
    """What the allocation of a study is given instead of what is estimated; memory in MiB."""

    cores: Natural | None = None
    memory: Memory | None = None


class BaseStudy(Model):
    """What every study may say."""

    id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$",
        max_length=100,
        description="letters, digits, dots, dashes and underscores, no dot or dash first",
    )
    engine: str | None = Field(default=None, description="the name of an engine")
    protocol: Protocol | None = Field(default=None, description="fast, standard or strict")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="a mapping of the engine's settings, as {spacing: 0.2}"
    )
    resources: Resources = Field(
        default=Resources(),
        description="a mapping of cores and memory, as {cores: 16, memory: 64G}, of an allocation on a cluster",
    )
    published: tuple[str, ...] = Field(default=(), description="a list of ids of published values, as [A007]")
