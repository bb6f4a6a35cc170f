"""The report: one page that opens offline, and the same numbers as JSON beside it; of many studies, sections on demand."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from potash.analysis.report import many
from potash.analysis.report.files import write_text, writing
from potash.analysis.report.page import render
from potash.analysis.report.record import as_json
from potash.analysis.result import StudyResult
from potash.errors import BadInput

#: What the page loads, beside the template.
ASSETS = Path(__file__).with_name("assets")
#: The assets that are copied; the others are written into the page.
COPIED = ("3Dmol-min.js", "3Dmol-LICENSE.txt")

#: What the figures of a kind need and results of earlier versions do not have.
NEWER = {"barrier": "spread", "network": "bottleneck"}


#: A page with figures and structures of more studies than this would take minutes to write and long to open.
MANY = 200


def write(campaign: str, results: Iterable[dict[str, Any]], folder: Path) -> Path:
    """Write a campaign's report.

    Parameters
    ----------
    campaign
        Its name.
    results
        `StudyResult` as plain data, in the order of the report; of more than `MANY`, see `many.write`.
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
    all_ = (_study(result) for result in results)
    studies = list(islice(all_, MANY + 1))
    if len(studies) > MANY:
        return many.write(campaign, chain(studies, all_), folder)
    page = folder / "index.html"
    for name in COPIED:
        _copy(ASSETS / name, folder / "assets" / name)
    write_text(folder / "results.json", as_json(campaign, studies))
    write_text(page, render(campaign, studies))
    return page


def _study(result: dict[str, Any]) -> StudyResult:
    try:
        study = StudyResult.model_validate(result)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(_cannot(result.get("id", "?"), f"{where}: {first['msg']}")) from None
    if study.data and (newer := NEWER.get(study.kind)) and newer not in study.data:
        raise BadInput(_cannot(study.id, f"data.{newer}: an earlier version did not give it"))
    return study


def _cannot(study: str, why: str) -> str:
    return f"the result of study '{study}' cannot be reported ({why}); run the campaign again"


def _copy(source: Path, target: Path) -> None:
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return
    with writing(target) as unfinished:
        shutil.copyfile(source, unfinished)
