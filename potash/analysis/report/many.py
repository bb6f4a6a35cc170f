"""The report of a campaign of many studies: a page to search, sort and plot, and each study's section on demand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from pydantic_core import to_json

import potash
from potash.analysis.report import numbers, page
from potash.analysis.report.files import write_text, writing
from potash.analysis.report.record import OUT, together_as_json
from potash.analysis.report.rows import SPOKEN
from potash.analysis.report.versus import open_rows
from potash.analysis.result import StudyResult

#: So many studies' sections lie in one file, which the page loads when the first of them is opened.
CHUNK = 50
#: The folder of those files, beside the page.
FOLDER = "studies"
#: So many comparisons with published values are listed.
LISTED = 300


@dataclass
class _Gathered:
    """What the page says of all studies, gathered one after the other."""

    rows: list[list[Any]] = field(default_factory=list)
    kinds: dict[str, dict[str, str]] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    engines: dict[str, None] = field(default_factory=dict)
    core_seconds: float = 0.0
    published: list[StudyResult] = field(default_factory=list)
    sections: list[page.Section] = field(default_factory=list)

    def add(self, study: StudyResult, section: page.Section) -> None:
        """Take a study in: for the table its words, for the plots its numbers."""
        self.tally[study.status] += 1
        if study.provenance.version:
            self.engines[f"{study.provenance.engine} {study.provenance.version}"] = None
        self.core_seconds += study.provenance.core_seconds
        units = self.kinds.setdefault(study.kind, {})
        for name, quantity in study.quantities.items():
            units.setdefault(name, quantity.unit)
        shown = section.headline if section.headline and section.headline.value != "–" else None
        self.rows.append(
            [
                study.id,
                study.system,
                study.kind,
                study.status,
                shown.whole if shown else "",
                shown.name if shown else numbers.prose(study.reason or "no value"),
                section.passed,
                section.checked,
                [row.verdict for row in section.versus],
                [quantity and quantity.value for quantity in map(study.quantities.get, units)],
            ]
        )
        if study.published:
            self.published.append(study)
            if len(self.sections) < LISTED:
                self.sections.append(section)


def write(campaign: str, studies: Iterable[StudyResult], folder: Path) -> Path:
    """Write the report, study by study, so that its memory hardly grows with the campaign.

    Parameters
    ----------
    campaign
        Its name.
    studies
        In the order of the report.
    folder
        Where ``index.html``, ``results.json`` and ``studies`` go.

    Returns
    -------
    Path
        The page.
    """
    pages = page.templates()
    one = pages.get_template("study.html")
    all_, chunk, number = _Gathered(), [], 0
    with writing(folder / "results.json") as unfinished, unfinished.open("wb") as file:
        file.write(b'{\n"campaign": ' + to_json(campaign) + b',\n"studies": [')
        for position, study in enumerate(studies):
            section = page.section(study, position, drawn=False)
            all_.add(study, section)
            file.write((b",\n" if position else b"\n") + to_json(study, exclude=OUT, inf_nan_mode="null"))
            chunk.append([study.id, one.render(study=section)])
            if len(chunk) == CHUNK:
                _put(folder, number, chunk)
                chunk, number = [], number + 1
        file.write(b'\n],\n"together": ' + to_json(together_as_json(all_.published), inf_nan_mode="null") + b"}\n")
    if chunk:
        _put(folder, number, chunk)
        number += 1
    for left in (folder / FOLDER).glob("*.js"):
        if left.stem.isdigit() and int(left.stem) >= number:
            left.unlink()
    write_text(folder / "index.html", _index(campaign, all_, pages))
    return folder / "index.html"


def _put(folder: Path, number: int, chunk: list[list[str]]) -> None:
    """Write some sections as a script, which a page from a disk may load where it may not read files."""
    text = json.dumps(chunk, ensure_ascii=False)
    write_text(folder / FOLDER / f"{number:04d}.js", f"takeStudies({number}, {text});\n")


def _index(campaign: str, all_: _Gathered, pages: Environment) -> str:
    kinds = {kind: [[SPOKEN.get(name, name), numbers.unit(unit)] for name, unit in units.items()]
             for kind, units in all_.kinds.items()}  # fmt: skip
    compared = sum(len(study.published) for study in all_.published)
    return pages.get_template("many.html").render(
        campaign=campaign,
        written=datetime.now().astimezone(),
        version=potash.__version__,
        engines=list(all_.engines),
        count=len(all_.rows),
        effort=numbers.duration(all_.core_seconds),
        tally=[(status, tone, all_.tally[status]) for status, (tone, _) in page.STATUS.items() if all_.tally[status]],
        sections=all_.sections,
        compared=compared,
        open=open_rows(all_.published),
        data=_data({"kinds": kinds, "rows": all_.rows, "chunk": CHUNK, "status": page.STATUS}),
        style=Markup((page.HERE / "assets" / "report.css").read_text("utf-8")),
        script=Markup(
            (page.HERE / "assets" / "many.js").read_text("utf-8")
            + (page.HERE / "assets" / "cloud.js").read_text("utf-8")
        ),
    )


def _data(content: dict[str, Any]) -> Markup:
    """Write data into the page: no letter of it can end the script that it stands in."""
    text = to_json(content, inf_nan_mode="null").decode()
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
