"""The published values as data: finding them, and holding a computed value against one.

Values, sources and tolerances stand in ``published.yaml``; its head explains the keys.
"""

import difflib
import math
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from potash.errors import BadInput

#: How a computed number stands to what it is of: equal, no lower than it, no higher, or open both ways.
Relation = Literal["=", "<=", ">=", "~"]
#: The same before a number, and in words.
SIGNS = {"=": "", "<=": "≤ ", ">=": "≥ ", "~": "~ "}
BOUNDS = {
    "<=": "only known to be no higher than this",
    ">=": "only known to be no lower than this",
    "~": "open, lower and higher",
}


class Review(BaseModel):
    """A review that published values were collected from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    authors: str
    title: str
    journal: str | None = None
    doi: str | None = None


class Tolerance(BaseModel):
    """How far from the published value a computed one still reproduces it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quantity: str
    unit: str | None = None
    absolute: float | None = None
    relative: float | None = None
    reason: str


class Published(BaseModel):
    """One published value or claim; the keys are explained in the head of ``published.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    system: str
    quantity: str
    detail: str
    text: str
    value: float | tuple[float, float] | None = None
    unit: str | None = None
    relation: Literal["=", "~", "<", ">", "<=", "ordering", "qualitative"]
    difference: bool = False
    method: str | None = None
    source: str
    doi: str | None = None
    proposal: str
    cautions: tuple[str, ...] = ()
    leaves_open: str | None = None


class Verdict(StrEnum):
    """What a computed value says about a published one."""

    reproduced = "reproduced"
    ordering_reproduced = "ordering reproduced"
    differs = "differs"
    under_specified = "under-specified"
    not_comparable = "not comparable"


@cache
def _file() -> dict[str, Any]:
    text = Path(__file__).with_suffix(".yaml").read_text("utf-8")
    # Pure Python, where libyaml is missing, takes ten times as long.
    content: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return content


@cache
def reviews() -> dict[str, Review]:
    """Return the reviews by the tag (R0 to R4) that a row's source begins with."""
    return TypeAdapter(dict[str, Review]).validate_python(_file()["reviews"])


@cache
def quantities() -> dict[str, str]:
    """Return the names that a row's quantity may have, each with what it covers."""
    return dict(_file()["quantities"])


@cache
def tolerances() -> tuple[Tolerance, ...]:
    """Return the tolerances, one for each quantity and unit."""
    return TypeAdapter(tuple[Tolerance, ...]).validate_python(_file()["tolerances"])


@cache
def catalogue() -> dict[str, Published]:
    """Return all published values by id, in the order of the file."""
    rows = TypeAdapter(list[Published]).validate_python(_file()["rows"])
    return {row.id: row for row in rows}


def get(wanted: str) -> Published:
    """Return the published value of this id, such as A004.

    Raises
    ------
    BadInput
        If there is none; the sentence names ids that are near.
    """
    rows = catalogue()
    if wanted not in rows:
        letter, digits = wanted[:1].upper(), wanted[1:]
        padded = letter + digits.zfill(3 if letter == "A" else 2)
        near = difflib.get_close_matches(padded, rows)
        hint = f"near ones are {', '.join(near)}" if near else f"they run {min(rows)} to {max(rows)}"
        raise BadInput(f"no published value has the id '{wanted}'; {hint}")
    return rows[wanted]


def search(text: str) -> list[Published]:
    """Find the published values with every word of a text in their id, system or quantity.

    Parameters
    ----------
    text
        Words between spaces, in any case; none finds all.

    Returns
    -------
    list[Published]
        In the order of the catalogue.
    """
    words = text.lower().split()
    return [
        row
        for row in catalogue().values()
        if all(word in f"{row.id} {row.system} {row.quantity}".lower() for word in words)
    ]


def allowed(row: Published) -> float | None:
    """Return the tolerance of this row in its own unit; None for a row without a number.

    Of a difference it is half the difference at most: what could as well be zero is not reproduced.
    """
    if row.value is None:
        return None
    for tolerance in tolerances():
        if (tolerance.quantity, tolerance.unit) == (row.quantity, row.unit):
            scale = max(map(abs, _numbers(row.value)))
            found = (tolerance.absolute or 0.0) + (tolerance.relative or 0.0) * scale
            return min(found, scale / 2) if row.difference else found
    raise LookupError(f"published.yaml has no tolerance for {row.quantity} in {row.unit}")


def compare(
    row: Published,
    value: float,
    error: float | None = None,
    tolerance: float | None = None,
    relation: Relation = "=",
) -> tuple[Verdict, str]:
    """Hold a computed value against a published one.

    Parameters
    ----------
    row
        The published value.
    value
        The computed value, in the unit of the row.
    error
        The uncertainty of the computed value, in the same unit; None where none was estimated.
    tolerance
        What may lie between the two beside the error, in the same unit; by default :func:`allowed`.
    relation
        ``<=`` where what is computed is known to be no higher than the value, ``>=`` no lower, ``~`` neither: it differs
        where it lies beyond what is allowed all the same, and cannot be compared else.

    Returns
    -------
    tuple[Verdict, str]
        The verdict, and a sentence that says why. Of a difference nothing is reproduced, its sign neither, where its error is
        as large as itself; where none was estimated its sign is not, where the tolerance is as large.
    """
    if row.value is None:
        return Verdict.not_comparable, _why_not(row)
    if not math.isfinite(value):
        return (
            Verdict.not_comparable,
            f"{row.id} cannot be compared: the computed value is {value}.",
        )
    given = allowed(row) if tolerance is None else tolerance
    room = (given or 0.0) + (error or 0.0)
    gap = _gap(row, value)
    said = f"{_with_unit(value, row.unit)} against the published {_as_published(row)}"
    within = gap <= room or math.isclose(gap, room)
    if relation != "=" and not _excludes(row, value, room, relation):
        return Verdict.not_comparable, f"{said}: what is computed is {BOUNDS[relation]}."
    if row.difference and error is not None and abs(value) <= error:
        said = f"{said}: its error of {_with_unit(error, row.unit)} leaves the sign open"
        if within:
            return Verdict.not_comparable, f"{said}."
    elif within:
        return Verdict.reproduced, f"{said}: within the {_with_unit(room, row.unit)} allowed."
    off = f"{said}: off by {_with_unit(gap, row.unit)}, {_with_unit(room, row.unit)} allowed"
    if row.difference and error is None:
        off = f"{off}; there is no error estimate"
    if row.difference and value * _numbers(row.value)[0] > 0 and abs(value) > (room if error is None else error):
        return Verdict.ordering_reproduced, f"{off}, but the sign of the difference is reproduced."
    if row.leaves_open:
        return Verdict.under_specified, f"{off}. {row.leaves_open}"
    return Verdict.differs, f"{off}."


def _excludes(row: Published, value: float, room: float, relation: Relation) -> bool:
    """Say whether a bound alone shows that a computed number is not the published one."""
    low, high = bounds(row)
    return {"<=": value + room < low, ">=": value - room > high}.get(relation, False)


def _numbers(value: float | tuple[float, float]) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)


def bounds(row: Published) -> tuple[float, float]:
    """Give from where to where a row's number agrees with what is printed: a point, a range, or all below or above it."""
    assert row.value is not None
    low = -math.inf if row.relation in ("<", "<=") else min(_numbers(row.value))
    return low, math.inf if row.relation == ">" else max(_numbers(row.value))


def _gap(row: Published, value: float) -> float:
    """How far the value lies outside what is published."""
    low, high = bounds(row)
    return max(low - value, value - high, 0.0)


def _why_not(row: Published) -> str:
    if row.relation == "ordering":
        reason = "an ordering is claimed, without a number"
    elif row.relation == "qualitative":
        reason = "no number is printed for it"
    else:
        reason = "the print does not fix one number"
    return f"{row.id} cannot be compared with a number: {reason} ({row.text})."


def _as_published(row: Published) -> str:
    assert row.value is not None
    sign = {"=": "", "~": "~"}.get(row.relation, f"{row.relation} ")
    numbers = " to ".join(f"{number:.6g}" for number in _numbers(row.value))
    return f"{sign}{numbers} {row.unit or ''}".rstrip()


def _with_unit(number: float, unit: str | None) -> str:
    return f"{number:.4g} {unit or ''}".rstrip()
