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
from potash.analysis.report.figures import Figure, figures
from potash.analysis.report.rows import CheckTable, QuantityRow, check_tables, headline, quantity_rows
from potash.analysis.report.scene import Scene, scene
from potash.analysis.report.scene_network import network_scene
from potash.analysis.report.tables import Table, tables
from potash.analysis.report.versus import Versus, open_rows, versus
from potash.analysis.result import Overcome, StudyResult

HERE = Path(__file__).parent
#: A status' class in the page, and the sign that tells it without colour.
STATUS = {"done": ("good", "✓"), "failed": ("bad", "✕"), "no barrier": ("open", "!")}


@dataclass(frozen=True)
class Section:
    """A study as the page shows it."""

    anchor: str
    result: StudyResult
    tone: str
    mark: str
    headline: QuantityRow | None
    quantities: list[QuantityRow]
    checks: list[CheckTable]
    tables: list[Table]
    versus: list[Versus]
    figures: list[Figure]
    scenes: list[Scene]
    still: Markup | None
    legend: list[tuple[str, str]]
    moves: bool
    facts: list[tuple[str, str]]
    settings: list[tuple[str, str]]

    @property
    def passed(self) -> int:
        """How many of the checks passed."""
        return sum(table.passed for table in self.checks)

    @property
    def checked(self) -> int:
        """How many checks there are."""
        return sum(len(table.rows) for table in self.checks)


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
    pages = templates()
    return pages.get_template("template.html").render(
        campaign=campaign,
        written=datetime.now().astimezone(),
        version=potash.__version__,
        engines=_engines(studies),
        tally=_tally(studies),
        effort=_effort(studies),
        sections=sections,
        open=open_rows(studies),
        style=Markup((HERE / "assets" / "report.css").read_text("utf-8")),
        script=Markup((HERE / "assets" / "viewer.js").read_text("utf-8")),
    )


def templates() -> Environment:
    """Give the templates. Page, style and script are the package's own; everything else is escaped."""
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.filters["prose"] = numbers.prose
    return pages


def section(result: StudyResult, position: int, *, drawn: bool = True) -> Section:
    """Make a study ready for the page; without figures and structures in a hundredth of the time."""
    anchor = f"study-{position + 1}"
    tone, mark = STATUS[result.status]
    scenes = _scenes(result) if drawn else []
    return Section(
        anchor=anchor,
        result=result,
        tone=tone,
        mark=mark,
        headline=headline(result),
        quantities=quantity_rows(result),
        checks=check_tables(result),
        tables=tables(result),
        versus=versus(result),
        figures=[Figure(Markup(svg), caption) for svg, caption in (figures(result, anchor) if drawn else ())],
        scenes=scenes,
        still=Markup(still(scenes[0])) if scenes else None,
        legend=list({symbol: look["colour"] for one in scenes for symbol, look in one["elements"].items()}.items()),
        moves=any(one["movers"] for one in scenes),
        facts=_facts(result),
        settings=[(key, _said(value)) for key, value in result.provenance.settings.items()],
    )


def _scenes(result: StudyResult) -> list[Scene]:
    """Make a study's structures ready, each image of a band with its energy."""
    if result.kind == "barrier" and result.data:
        return [scene(view, _labels(result.data)) for view in result.views]
    if result.kind == "network" and result.data:
        both = zip(result.views, result.data["kinds"], strict=True)
        hops = [scene(view, _labels(kind["band"]), f"hops-{kind['number']}-image-") for view, kind in both]
        return [*hops, network_scene(result.data)]
    if result.kind == "passage" and result.data:
        both = zip(result.views[1:], result.data["kinds"], strict=True)
        hops = [scene(view, _labels(kind["band"]), f"hops-{kind['number']}-image-") for view, kind in both]
        return [scene(result.views[0]), *hops]
    return [scene(view) for view in result.views]


def _labels(band: dict[str, Any]) -> list[str]:
    """Say of each image of a band how high it lies."""
    zero = band["energies"][0]
    said = []
    for i, (energy, spread) in enumerate(zip(band["energies"], band["spread"], strict=True)):
        words = f"image {i} · {numbers.signed(energy - zero, 3)} eV"
        words += " · climbing image" if i == band["saddle"] else ""
        said.append(f"{words} · modelled, standard deviation {numbers.fixed(spread, 3)} eV" if spread else words)
    return said


def _facts(result: StudyResult) -> list[tuple[str, str]]:
    made = result.provenance
    facts = [
        ("Engine", f"{made.engine} {made.version}".strip()),
        ("Protocol", made.protocol),
        ("Calls for forces", f"{made.force_calls:,}".replace(",", "\u202f")),
    ]
    if made.band_calls:
        facts.append(("of these in the band", f"{made.band_calls:,}".replace(",", "\u202f")))
    if made.faults:
        facts.append(("Faults overcome", "; ".join(dict.fromkeys(_overcome(fault) for fault in made.faults))))
    return [*facts, ("Cost", numbers.duration(made.core_seconds)), ("Calculations", str(len(made.keys)))]


def _overcome(fault: Overcome) -> str:
    return f"{fault.fault} after {fault.calls} calls: {fault.remedy}"


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
    counted = [(status, tone, sum(s.status == status for s in studies)) for status, (tone, _) in STATUS.items()]
    return [one for one in counted if one[2]]


def _effort(studies: list[StudyResult]) -> str:
    """Say what the calculations cost; one that several studies share is counted with each."""
    return numbers.duration(sum(study.provenance.core_seconds for study in studies))
