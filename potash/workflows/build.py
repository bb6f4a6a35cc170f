"""A campaign's studies as graphs of jobs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from potash.analysis.published import get
from potash.campaign import Campaign, Study
from potash.errors import BadInput, near
from potash.workflows.bench import Bench, label_of

if TYPE_CHECKING:
    from jobflow import Flow

#: Keys of a study that may hold a list, one study an entry.
FANS = {"bulk": "phase", "barrier": "host", "adsorption": "phase"}


def benches(campaign: Campaign) -> list[Bench]:
    """Name every study, with lists fanned out.

    Raises
    ------
    BadInput
        With the study's line, where a study names what there is not.
    """
    found: list[Bench] = []
    names: set[str] = set()
    for study, line in zip(campaign.studies, campaign.lines, strict=True):
        try:
            for one in _fanned(study):
                name = _unique(one.id or _name(one), names)
                bench = Bench(campaign, one, name)
                _check(bench)
                found.append(bench)
        except BadInput as error:
            raise BadInput(f"{campaign.path}:{line}: {error}") from None
    return found


def build(campaign: Campaign) -> dict[str, Flow]:
    """Make the graph of every study, by the studies' ids, in the file's order.

    Raises
    ------
    BadInput
        With the study's line, where a study cannot be built.
    """
    flows: dict[str, Flow] = {}
    for bench in benches(campaign):
        line = next(
            line for study, line in zip(campaign.studies, campaign.lines, strict=True) if bench.study in _fanned(study)
        )
        try:
            maker: Callable[[Bench], Flow] = import_module(f"potash.workflows.{bench.study.kind}").build
            flows[bench.name] = maker(bench)
        except BadInput as error:
            raise BadInput(f"{campaign.path}:{line}: {error}") from None
    return flows


def _fanned(study: Study) -> list[Study]:
    """Make one study of every phase and facet that is listed."""
    made = [study]
    key = FANS.get(study.kind)
    value = getattr(study, key) if key else None
    if key and isinstance(value, tuple):
        made = [study.model_copy(update={key: one, "id": f"{study.id}-{label_of(one)}" if study.id else None}) for one in value]
    facets = getattr(study, "facets", ())
    if len(facets) > 1:
        made = [one.model_copy(update={"facets": (facet,), "id": None}) for one in made for facet in facets]
    return made


def _name(study: Study) -> str:
    """Name a study by its kind and what it is about."""
    parts = [study.kind]
    for key in ("phase", "host", "product"):
        if hasattr(study, key):
            parts.append(label_of(getattr(study, key)))
    for facet in getattr(study, "facets", ()):
        parts.append("".join(map(str, facet)))
    if hasattr(study, "phases"):
        parts += [label_of(phase) for phase in study.phases]
    if hasattr(study, "ion") and study.kind != "capacity":
        parts.append(study.ion)
    if hasattr(study, "molecules"):
        parts += list(study.molecules)
    return "-".join(parts)


def _unique(name: str, taken: set[str]) -> str:
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    taken.add(candidate)
    return candidate


def _check(bench: Bench) -> None:
    """Refuse unknown engines, settings and published values before anything is built."""
    from potash.calcs.engine import engine, known_settings

    engine(bench.engine).version()
    known = known_settings(bench.engine)
    for key, value in bench.settings.items():
        if key not in known:
            raise BadInput(f"unknown setting '{key}' of the engine {bench.engine}{near(key, known)}")
        if isinstance(value, int | float) and not isinstance(value, bool) and key not in ("charge", "smearing") and value <= 0:
            raise BadInput(f"the setting '{key}' must be greater than 0, not {value:g}")
    for row in bench.study.published:
        get(row)


def folder_of(campaign: Campaign, given: Path | None) -> Path:
    """Say where a campaign's project folder is: as given, or named like the campaign, here."""
    return given or Path(campaign.campaign.replace("/", "-").replace(" ", "-"))
