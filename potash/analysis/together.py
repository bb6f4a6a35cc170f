"""One verdict on a published row that several studies of a campaign answer, or that hangs on what the paper leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from potash.analysis.choices import Choices, open_ones, sentence
from potash.analysis.published import Published, Verdict, get
from potash.analysis.result import Comparison, StudyResult


@dataclass(frozen=True)
class Together:
    """All that a campaign says to a row.

    Attributes
    ----------
    verdicts
        Of each study that answers it.
    choices
        What moves the value, the farthest first: ``study`` where several give one, and each study's own.
    """

    row: Published
    verdict: Verdict
    says: str
    verdicts: dict[str, Verdict]
    choices: Choices
    unit: str


def together(studies: Sequence[StudyResult]) -> list[Together]:
    """Judge the rows for which there is more to say than one study does: several answer them, or open choices were computed."""
    rows = dict.fromkeys(each.id for study in studies for each in study.published)
    made = [_judged(get(name), studies) for name in rows]
    return [each for each in made if len(each.verdicts) > 1 or each.choices]


def _judged(row: Published, studies: Sequence[StudyResult]) -> Together:
    answers = [(study, each) for study in studies for each in study.published if each.id == row.id]
    verdicts = {study.id: each.verdict for study, each in answers}
    found = _choices(answers)
    unit = next(
        (study.quantities[each.quantity].unit for study, each in answers if each.quantity in study.quantities), ""
    )
    verdict = common(list(verdicts.values()))
    said = [f"{name}: {each.value}" for name, each in verdicts.items()] if len(verdicts) > 1 else []
    says = " ".join(part for part in (f"{'; '.join(said)}." if said else "", sentence(row, found, unit)) if part)
    return Together(row, verdict, says, verdicts, open_ones(found), unit)


def common(verdicts: list[Verdict]) -> Verdict:
    """Give the verdict of several studies that are all models of one row.

    Where they agree it is theirs; where they do not, what the row leaves open decides: it is under-specified. Studies
    that cannot be compared do not count beside others.
    """
    told = [each for each in dict.fromkeys(verdicts) if each is not Verdict.not_comparable]
    if not told:
        return Verdict.not_comparable
    return told[0] if len(told) == 1 else Verdict.under_specified


def _choices(answers: list[tuple[StudyResult, Comparison]]) -> Choices:
    values: dict[str, float] = {}
    own: Choices = {}
    for study, each in answers:
        mine = study.quantities.get(each.quantity or "")
        if mine is None or mine.value is None or mine.relation != "=":
            continue
        values[study.id] = mine.value
        own |= {f"{name} ({study.id})": found for name, found in mine.choices.items()}
    return {"study": values, **own}
