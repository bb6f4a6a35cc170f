"""A campaign's studies as graphs of jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from potash import limits
from potash.analysis.published import get
from potash.calcs.engine import engine
from potash.campaign import Campaign
from potash.errors import BadInput
from potash.studies import Study
from potash.studies.amorphous import AmorphousStudy
from potash.studies.common import PhaseName
from potash.studies.interfaces import Coherent
from potash.studies.liquids import LiquidStudy
from potash.studies.molecules import SolvationStudy
from potash.studies.orbitals import OrbitalsStudy
from potash.studies.others import OrderingStudy
from potash.studies.slabs import AdsorptionStudy, CoverageStudy
from potash.studies.trajectories import TrajectoryStudy
from potash.workflows import settings
from potash.workflows.bench import NOT_IN_NAMES, PHASES, Bench, label_of

if TYPE_CHECKING:
    from jobflow import Flow

#: Keys of a study that may hold a list, one study an entry.
FANS = {
    "bulk": "phase",
    "barrier": "host",
    "network": "host",
    "adsorption": "phase",
    "phonons": "phase",
    "surface": "phase",
    "interface": "film",
    "passage": "film",
}
#: As `FANS`, of studies that name molecules.
MOLECULES = {"solvation": ("ion", "solvents")}


def benches(campaign: Campaign) -> list[Bench]:
    """Name every study, with lists fanned out.

    Raises
    ------
    BadInput
        With the line of the study's key, where it names what there is not.
    """
    return [bench for _, bench in _numbered(campaign)]


def build(campaign: Campaign) -> dict[str, Flow]:
    """Make the graph of every study, by the studies' ids, in the file's order.

    Raises
    ------
    BadInput
        With the study's line, where a study cannot be built.
    """
    flows: dict[str, Flow] = {}
    for number, bench in _numbered(campaign):
        maker: Callable[[Bench], Flow] = import_module(f"potash.workflows.{bench.study.kind}").build
        with _at(campaign, number, "kind"):
            flows[bench.name] = maker(replace(bench, before=flows))
    return flows


def _numbered(campaign: Campaign) -> list[tuple[int, Bench]]:
    """Give every bench with its study's number in the file."""
    found: list[tuple[int, Bench]] = []
    names: Counter[str] = Counter()
    for number, study in enumerate(campaign.studies):
        for key in _naming_phases(study):
            with _at(campaign, number, key):
                for phase in _listed(getattr(study, key, None)):
                    label_of(phase)
        for bench in _benches(campaign, study, names):
            one = bench.study
            with _at(campaign, number, "engine"):
                engine(bench.engine).version()
            for key in ("prior", "quench", "scan", "search"):
                other = getattr(one, key, None)
                if name := getattr(other, "engine", other):
                    with _at(campaign, number, key):
                        engine(name).version()
            for key, value in bench.settings.items():
                with _at(campaign, number, f"settings.{key}"):
                    settings.check(bench.engine, key, value)
            with _at(campaign, number, "published"):
                for row in one.published:
                    get(row)
            found.append((number, bench))
            limits.keep("studies", len(found), str(campaign.path))
    return found


def _benches(campaign: Campaign, study: Study, names: Counter[str]) -> Iterator[Bench]:
    """Fan a study out; several supercells are compared in a study more."""
    for one in _fanned(study):
        cells = _cells(one)
        parts = [Bench(campaign, each, _unique(each.id or _name(each), names)) for each in cells]
        yield from parts
        if len(parts) > 1:
            about = {"id": one.id, "engine": one.engine, "protocol": one.protocol, "settings": one.settings}
            series = CoverageStudy(kind="coverage", studies=tuple(part.name for part in parts), **about)
            yield Bench(campaign, series, _unique(one.id or _name(one).replace(one.kind, series.kind, 1), names))


def _naming_phases(study: Study) -> tuple[str, ...]:
    """Give a study's keys that name phases; elsewhere ``substrate`` says whether one relaxes."""
    return (*PHASES, "substrate") if isinstance(study, Coherent | AmorphousStudy) else PHASES


@contextmanager
def _at(campaign: Campaign, number: int, key: str) -> Iterator[None]:
    """Put file and line before what is said to be wrong."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{campaign.path}:{campaign.line(number, key)}: {error}") from None


def _listed(value: Any) -> tuple[PhaseName, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _fanned(study: Study) -> list[Study]:
    """Make one study of every phase and facet that is listed."""
    made = [study]
    key = FANS.get(study.kind)
    value = getattr(study, key) if key else None
    if key and isinstance(value, tuple):
        made = [
            study.model_copy(update={key: one, "id": f"{study.id}-{label_of(one)}" if study.id else None})
            for one in value
        ]
    facets = study.facets if isinstance(study, AdsorptionStudy) else ()
    for name in MOLECULES.get(study.kind, ()):
        made = [each for one in made for each in _each(one, name)]
    limits.keep("studies", len(made) * max(1, len(facets)), "one study, its lists fanned out,")
    if len(facets) > 1:
        made = [
            one.model_copy(
                update={"facets": (facet,), "id": f"{one.id}-{''.join(map(str, facet))}" if one.id else None}
            )
            for one in made
            for facet in facets
        ]
    return made


def _each(study: Study, key: str) -> list[Study]:
    """Make one study of every ion or set of molecules that is listed."""
    value = getattr(study, key)
    if not isinstance(value, tuple):
        return [study]
    return [
        study.model_copy(update={key: one, "id": f"{study.id}-{_told(one)}" if study.id else None}) for one in value
    ]


def _told(value: Any) -> str:
    """Name an ion, or molecules with how many there are."""
    if not isinstance(value, dict):
        return str(value)
    counts = {name: "-".join(map(str, _numbers(count))) for name, count in value.items()}
    return "-".join(f"{name}-{count}" for name, count in counts.items())


def _numbers(value: Any) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


def _cells(study: Study) -> list[Study]:
    """Make one study of every supercell that is listed."""
    if not isinstance(study, AdsorptionStudy) or isinstance(study.supercell[0], int):
        return [study]
    return [
        study.model_copy(update={"supercell": size, "id": f"{study.id or _name(study)}-{'x'.join(map(str, size))}"})
        for size in study.supercell
        if isinstance(size, tuple)
    ]


def _name(study: Study) -> str:
    """Name a study by its kind and what it is about."""
    parts: list[str] = [study.kind]
    for key in ("phase", "host", "product", "film"):
        parts += [label_of(phase) for phase in _listed(getattr(study, key, None))]
    facet = getattr(study, "facet", None)
    parts += ["".join(map(str, facet)) for facet in getattr(study, "facets", (facet,) if facet else ())]
    if termination := getattr(study, "termination", None):
        parts.append(termination)
    if isinstance(study, Coherent):
        parts.append(label_of(study.substrate))
    if hasattr(study, "phases"):
        parts += [label_of(phase) for phase in study.phases]
    if isinstance(study, CoverageStudy):
        parts += study.studies
    if isinstance(study, OrderingStudy):
        parts.append(study.quantity.replace(" ", "-"))
    if (ion := getattr(study, "ion", None)) and study.kind != "capacity":
        parts.append(ion)
    if isinstance(study, AmorphousStudy):
        parts += [study.formula, *([label_of(study.substrate)] if study.substrate else [])]
    if isinstance(study, OrbitalsStudy):
        parts += list(study.molecules)
    if isinstance(study, LiquidStudy):
        parts += [*([study.salt] if study.salt else []), *study.solvents]
    if isinstance(study, TrajectoryStudy):
        parts.append(Path(study.trajectory.file).stem)
    if isinstance(study, SolvationStudy):
        parts += [_told(study.solvents), *([study.anion] if study.anion else [])]
    return NOT_IN_NAMES.sub("_", "-".join(parts))[:200]


def _unique(name: str, taken: Counter[str]) -> str:
    """Give a name that was given before a number: the next one of that name."""
    candidate = name
    while candidate in taken:
        taken[name] += 1
        candidate = f"{name}-{taken[name]}"
    taken[candidate] = 1
    return candidate


def folder_of(campaign: Campaign, given: Path | None) -> Path:
    """Say where a campaign's project folder is: as given, or named like the campaign, here."""
    return given or Path(campaign.campaign.replace("/", "-").replace(" ", "-"))
