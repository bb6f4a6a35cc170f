"""The report: one page that opens offline, and the same numbers as JSON beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from potash.analysis.report.files import write_text, writing
from potash.analysis.report.page import render
from potash.analysis.report.record import as_json
from potash.analysis.result import StudyResult
from potash.errors import BadInput

#: What the page loads, beside the template.
ASSETS = Path(__file__).with_name("assets")
#: The assets that are copied; the others are written into the page.
COPIED = ("3Dmol-min.js", "3Dmol-LICENSE.txt")


def write(campaign: str, results: list[dict[str, Any]], folder: Path) -> Path:
    """Write a campaign's report.

    Parameters
    ----------
    campaign
        Its name.
    results
        `StudyResult` as plain data, in the order of the report.
    folder
        Where ``index.html``, ``results.json`` and ``assets`` go; made where it is missing.

    Returns
    -------
    Path
        The page. Each file is replaced as a whole: a reader never sees half of one.

    Raises
    ------
    BadInput
        If a result is not one of this version's.
    """
    studies = [_study(result) for result in results]
    page = folder / "index.html"
    for name in COPIED:
        _copy(ASSETS / name, folder / "assets" / name)
    write_text(folder / "results.json", as_json(campaign, studies))
    write_text(page, render(campaign, studies))
    return page


def _study(result: dict[str, Any]) -> StudyResult:
    try:
        return StudyResult.model_validate(result)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            f"the result of study '{result.get('id', '?')}' cannot be reported ({where}: {first['msg']}); run the campaign again"
        ) from None


def _copy(source: Path, target: Path) -> None:
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return
    with writing(target) as unfinished:
        shutil.copyfile(source, unfinished)
