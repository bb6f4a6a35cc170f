"""What a study comes to: quantities with their checks, beside the published values, with their provenance."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from potash.analysis.choices import Choices, sentence
from potash.analysis.published import Published, Relation, Verdict, compare, get
from potash.structures.encoding import Plain

Status = Literal["done", "failed", "no barrier"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(_Model):
    """One check of a number: what was measured, and the limit that it had to keep."""

    name: str
    value: float
    relation: Literal["<=", ">="] = "<="
    limit: float
    unit: str = ""
    passed: bool


def at_most(name: str, value: float, limit: float, unit: str = "") -> Check:
    """Check that a value does not exceed a limit."""
    return Check(name=name, value=value, limit=limit, unit=unit, passed=bool(value <= limit))


def at_least(name: str, value: float, limit: float, unit: str = "") -> Check:
    """Check that a value does not fall below a limit."""
    return Check(name=name, value=value, relation=">=", limit=limit, unit=unit, passed=bool(value >= limit))


class Reference(_Model):
    """A measured value that stands beside a computed one."""

    value: float
    source: str


class Quantity(_Model):
    """A number that travels with its checks.

    Attributes
    ----------
    value
        The number; None where the checks refuse it.
    error
        Its estimated error in the same unit, where one was estimated.
    relation
        ``<=`` where the quantity is known to be no higher than the value, ``>=`` no lower, ``~`` neither.
    says
        What it is, in words: definition, reference, sign.
    answers
        The quantity of published rows that it can be compared with.
    experiment
        A measured value of the same thing.
    choices
        Where another definition or place would give another value: of each such choice the alternatives that were computed
        and passed their checks, this one among them, in the same unit.
    """

    value: float | None
    unit: str
    error: float | None = None
    relation: Relation = "="
    says: str = ""
    answers: str | None = None
    experiment: Reference | None = None
    choices: Choices = Field(default_factory=dict)
    checks: tuple[Check, ...] = ()


class Comparison(_Model):
    """A published value and what this study says to it."""

    id: str
    value: float | tuple[float, float] | None
    unit: str | None
    verdict: Verdict
    quantity: str | None = None
    text: str
    says: str
    source: str
    cautions: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Published, verdict: Verdict, says: str, quantity: str | None) -> Comparison:
        """Put a verdict beside what a published row says."""
        told = {name: getattr(row, name) for name in ("id", "value", "unit", "text", "source", "cautions")}
        return cls(verdict=verdict, says=says, quantity=quantity, **told)


class Overcome(_Model):
    """A fault that a calculation met, and what was tried next: see `calcs.faults`."""

    key: str
    fault: str
    remedy: str
    calls: int


class Provenance(_Model):
    """How a study's numbers came about."""

    engine: str
    version: str
    protocol: str
    settings: dict[str, Any] = Field(default_factory=dict)
    force_calls: int = 0
    band_calls: int = 0
    core_seconds: float = 0.0
    keys: tuple[str, ...] = ()
    faults: tuple[Overcome, ...] = ()


class View(_Model):
    """Structures to look at: one, or the frames of a path."""

    title: str
    frames: tuple[Plain, ...]


class StudyResult(_Model):
    """All that a study comes to.

    Attributes
    ----------
    fault
        The number of the fault that the reason tells of.
    """

    id: str
    kind: str
    system: str
    status: Status
    reason: str | None = None
    fault: str | None = None
    quantities: dict[str, Quantity] = Field(default_factory=dict)
    published: tuple[Comparison, ...] = ()
    provenance: Provenance
    notes: tuple[str, ...] = ()
    views: tuple[View, ...] = ()
    data: dict[str, Any] = Field(default_factory=dict)


def stand_beside(ids: tuple[str, ...], quantities: dict[str, Quantity]) -> tuple[Comparison, ...]:
    """Compare a study's quantities with the published rows that it names.

    A row is compared with the first quantity that answers its kind, in its unit; one without a number stands beside it.
    """
    return tuple(_beside(name, quantities) for name in ids)


def _beside(name: str, quantities: dict[str, Quantity]) -> Comparison:
    row = get(name)
    mine = next((key for key, quantity in quantities.items() if _answers(row, quantity)), None)
    value = None if mine is None else quantities[mine].value
    if mine is not None and value is not None:
        own = quantities[mine]
        verdict, says = compare(row, float(value), own.error, relation=own.relation)
        if verdict is Verdict.under_specified:
            says = f"{says} {sentence(row, quantities[mine].choices, quantities[mine].unit)}".rstrip()
    else:
        verdict = Verdict.not_comparable
        says = f"the study gives no {row.quantity}" + (f" in {row.unit}" if row.unit else "")
        if mine is not None:
            says = f"the study's {mine} did not pass its checks"
    return Comparison.of(row, verdict, says, mine)


def _answers(row: Published, quantity: Quantity) -> bool:
    return quantity.answers == row.quantity and (row.value is None or quantity.unit == row.unit)


def provenance(protocol: str, results: list[dict[str, Any]]) -> Provenance:
    """Sum up the calculations that a study rests on, each counted once.

    Parameters
    ----------
    protocol
        The protocol's name.
    results
        Results of `workflows.jobs.calculate`.
    """
    once = {result["key"]: result for result in results}
    first = results[0]
    return Provenance(
        engine=first["engine"],
        version=first["version"],
        protocol=protocol,
        settings=first["settings"],
        force_calls=sum(result["calls"] for result in once.values()),
        band_calls=sum(result["calls"] for result in once.values() if result["task"] in ("band", "surrogate")),
        core_seconds=round(sum(result["core_seconds"] for result in once.values()), 2),
        keys=tuple(once),
        faults=tuple(Overcome(key=key, **fault) for key, result in once.items() for fault in result.get("faults", ())),
    )
