"""The report's numbers for other programs: ``results.json``."""

from __future__ import annotations

import json
import math
from typing import Any

from potash.analysis.result import StudyResult
from potash.analysis.together import together

#: What stays out: structures and figures' data.
OUT = {"views", "data"}


def as_json(campaign: str, studies: list[StudyResult]) -> str:
    """Write a campaign's results as JSON; structures and figures' data stay out.

    A number that is not finite becomes null: JSON has none.
    """
    plain = [study.model_dump(mode="json", exclude=OUT) for study in studies]
    content = _finite({"campaign": campaign, "studies": plain, "together": together_as_json(studies)})
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def together_as_json(studies: list[StudyResult]) -> list[dict[str, Any]]:
    """Give what several studies say together to a published row, as plain data."""
    return [
        {
            "id": each.row.id,
            "verdict": each.verdict,
            "says": each.says,
            "studies": each.verdicts,
            "choices": each.choices,
        }
        for each in together(studies)
    ]


def _finite(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {str(key): _finite(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_finite(value) for value in thing]
    if isinstance(thing, float) and not math.isfinite(thing):
        return None
    return thing
