"""The page: every study as a section, under a summary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

import potash
from potash.analysis.report import numbers
from potash.analysis.report.drawing import still
from potash.analysis.report.elements import colour
from potash.analysis.report.figures import caption, figure
from potash.analysis.report.rows import CheckRow, QuantityRow, check_rows, headline, quantity_rows
from potash.analysis.report.scene import Scene, scene
from potash.analysis.report.versus import Versus, versus
from potash.analysis.result import StudyResult

HERE = Path(__file__).parent
#: A status' class in the page, and the sign that tells it without colour.
_STATUS = {"done": ("good", "✓"), "failed": ("bad", "✕"), "no barrier": ("open", "!")}


@dataclass(frozen=True)
class Section:
    """A study as the page shows it."""

    anchor: str
    result: StudyResult
    tone: str
    mark: str
    headline: QuantityRow | None
    quantities: list[QuantityRow]
    checks: list[CheckRow]
    versus: list[Versus]
    figure: Markup | None
    caption: str
    scenes: list[Scene]
    still: Markup | None
    legend: list[tuple[str, str]]
    moves: bool
    facts: list[tuple[str, str]]
    settings: list[tuple[str, str]]

    @property
    def passed(self) -> int:
        """How many of the checks passed."""
        return sum(check.passed for check in self.checks)


def render(campaign: str, studies: list[StudyResult]) -> str:
    """Write the page.

    Parameters
    ----------
    campaign
        Its name.
    studies
        In the order of the page.
    """
    sections = [section(study, i) for i, study in enumerate(studies)]
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.filters["prose"] = numbers.prose
    # Page, style and script are the package's own; everything else is escaped.
    return pages.get_template("template.html").render(
        campaign=campaign,
        written=datetime.now().astimezone(),
        version=potash.__version__,
        engines=_engines(studies),
        tally=_tally(studies),
        effort=_effort(studies),
        sections=sections,
        style=Markup((HERE / "assets" / "report.css").read_text("utf-8")),
        script=Markup((HERE / "assets" / "viewer.js").read_text("utf-8")),
    )


def section(result: StudyResult, position: int) -> Section:
    """Make a study ready for the page."""
    anchor = f"study-{position + 1}"
    tone, mark = _STATUS[result.status]
    drawn = figure(result, anchor)
    scenes = [scene(view, _labels(result)) for view in result.views]
    return Section(
        anchor=anchor,
        result=result,
        tone=tone,
        mark=mark,
        headline=headline(result),
        quantities=quantity_rows(result),
        checks=check_rows(result),
        versus=versus(result),
        figure=Markup(drawn) if drawn else None,
        caption=caption(result.kind),
        scenes=scenes,
        still=Markup(still(scenes[0])) if scenes else None,
        legend=[(symbol, colour(symbol)) for symbol in dict.fromkeys(s for one in scenes for s in one["symbols"])],
        moves=any(one["movers"] for one in scenes),
        facts=_facts(result),
        settings=[(key, _said(value)) for key, value in result.provenance.settings.items()],
    )


def _labels(result: StudyResult) -> list[str] | None:
    """Say of each image of a band how high it lies."""
    energies = result.data.get("energies")
    if result.kind != "barrier" or not energies:
        return None
    top = result.data.get("saddle")
    return [
        f"image {i} · {numbers.signed(energy - energies[0], 3)} eV{' · climbing image' if i == top else ''}"
        for i, energy in enumerate(energies)
    ]


def _facts(result: StudyResult) -> list[tuple[str, str]]:
    made = result.provenance
    facts = [
        ("Engine", f"{made.engine} {made.version}".strip()),
        ("Protocol", made.protocol),
        ("Calls for forces", f"{made.force_calls:,}".replace(",", "\u202f")),
    ]
    if made.band_calls:
        facts.append(("of these in the band", f"{made.band_calls:,}".replace(",", "\u202f")))
    return [*facts, ("Cost", numbers.duration(made.core_seconds)), ("Calculations", str(len(made.keys)))]


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return " × ".join(_said(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _engines(studies: list[StudyResult]) -> list[str]:
    """List the engines with their versions, once each."""
    return list(
        dict.fromkeys(f"{s.provenance.engine} {s.provenance.version}".strip() for s in studies if s.provenance.version)
    )


def _tally(studies: list[StudyResult]) -> list[tuple[str, str, int]]:
    counted = [(status, tone, sum(s.status == status for s in studies)) for status, (tone, _) in _STATUS.items()]
    return [one for one in counted if one[2]]


def _effort(studies: list[StudyResult]) -> str:
    """Say what the calculations cost; one that several studies share is counted with each."""
    return numbers.duration(sum(study.provenance.core_seconds for study in studies))
