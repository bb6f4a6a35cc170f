"""Computed values beside the published ones, and how far apart they are for what is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from potash.analysis.choices import listed, moves, where
from potash.analysis.published import SIGNS, Verdict, allowed, catalogue
from potash.analysis.report import numbers
from potash.analysis.result import Comparison, StudyResult
from potash.analysis.together import Together, together

#: A verdict's class in the page, and the sign that tells it without colour.
TONES = {
    Verdict.reproduced: ("good", "✓"),
    Verdict.ordering_reproduced: ("fair", "≈"),
    Verdict.differs: ("bad", "≠"),
    Verdict.under_specified: ("open", "?"),
    Verdict.not_comparable: ("none", "–"),
}
#: The chart shows this many times what is allowed on either side.
REACH = 3.0


@dataclass(frozen=True)
class Versus:
    """A comparison as printed.

    Attributes
    ----------
    offset
        The deviation in units of what is allowed; None where the two cannot be compared.
    numeric
        Whether a number is published, not words.
    """

    id: str
    system: str
    quantity: str
    published: str
    computed: str
    verdict: str
    tone: str
    mark: str
    says: str
    source: str
    cautions: tuple[str, ...]
    offset: float | None
    numeric: bool

    @property
    def place(self) -> float:
        """Where the dot stands in the chart, in per cent of its width."""
        reach = max(-REACH, min(REACH, self.offset or 0.0))
        return round(50 + 50 * reach / (REACH + 0.4), 2)

    @property
    def beyond(self) -> str:
        """The sign of a dot that lies outside the chart."""
        if self.offset is None or abs(self.offset) <= REACH:
            return ""
        return "right" if self.offset > 0 else "left"

    @property
    def words(self) -> str:
        """The chart's row in words."""
        if self.offset is None:
            return "not comparable"
        return f"{numbers.signed(self.offset)} times what is allowed"


def versus(result: StudyResult) -> list[Versus]:
    """Print a study's comparisons."""
    return [_versus(row, result) for row in result.published]


def _versus(row: Comparison, result: StudyResult) -> Versus:
    mine = result.quantities.get(row.quantity or "")
    known = catalogue().get(row.id)
    tone, mark = TONES[row.verdict]
    unit = numbers.unit(row.unit)
    published = f"{numbers.exact(row.value)} {unit}".rstrip() if row.value is not None else numbers.minus(row.text)
    computed = numbers.number(mine.value, mine.unit) if mine else "–"
    return Versus(
        id=row.id,
        system=known.system if known else result.system,
        quantity=row.quantity or (known.quantity if known else ""),
        published=published,
        computed=f"{SIGNS[mine.relation]}{computed} {numbers.unit(mine.unit)}".rstrip()
        if mine and computed != "–"
        else "–",
        verdict=row.verdict.value,
        tone=tone,
        mark=mark,
        says=row.says,
        source=row.source,
        cautions=row.cautions,
        offset=_offset(row, mine.value, mine.error or 0.0)
        if mine and mine.value is not None and row.verdict is not Verdict.not_comparable
        else None,
        numeric=row.value is not None,
    )


@dataclass(frozen=True)
class OpenRow:
    """What a campaign says to a row, as printed: an open choice a line, with its alternatives and how far they move the value."""

    id: str
    system: str
    published: str
    verdict: str
    tone: str
    mark: str
    where: str
    choices: list[tuple[str, str, str]]


def open_rows(studies: list[StudyResult]) -> list[OpenRow]:
    """Print the rows that several studies answer, or whose open choices were computed."""
    return [_open(each) for each in together(studies)]


def _open(each: Together) -> OpenRow:
    tone, mark = TONES[each.verdict]
    unit = numbers.unit(each.unit)
    row = each.row
    choices = [
        (name, numbers.prose(listed(values)), f"{moves(values):.3g} {unit}".rstrip())
        for name, values in each.choices.items()
    ]
    said = "; ".join(f"{name} {verdict.value}" for name, verdict in each.verdicts.items())
    place = where(row, each.choices, unit).removeprefix(": ") if each.choices else ""
    return OpenRow(
        id=row.id,
        system=row.system,
        published=f"{numbers.exact(row.value)} {unit}".rstrip() if row.value is not None else numbers.minus(row.text),
        verdict=each.verdict.value,
        tone=tone,
        mark=mark,
        where=place if len(each.verdicts) == 1 else "; ".join(part for part in (said, place) if part),
        choices=choices,
    )


def _offset(row: Comparison, value: float, error: float) -> float | None:
    known = catalogue().get(row.id)
    room = (allowed(known) or 0.0) + error if known else error
    if row.value is None or not room:
        return None
    low, high = row.value if isinstance(row.value, tuple) else (row.value, row.value)
    return (value - min(max(value, low), high)) / room
