"""What a user's trajectory says of a liquid."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from jobflow import Flow, job

from potash.analysis.blocks import WORDS
from potash.analysis.liquid_reading import Reading, read
from potash.analysis.result import Quantity
from potash.analysis.trajectory import Trajectory, trajectory
from potash.analysis.viscosity import green_kubo, pressures
from potash.errors import BadInput
from potash.extras import needed
from potash.structures.files import permitted
from potash.structures.periodic import volume
from potash.structures.topology import Topology
from potash.studies.common import File
from potash.studies.trajectories import TrajectoryStudy
from potash.workflows import readings, shell_levels
from potash.workflows.bench import NOT_IN_NAMES, Bench
from potash.workflows.summary import finish


def build(bench: Bench) -> Flow:
    """Make the graph of a study of a trajectory."""
    study = bench.study
    assert isinstance(study, TrajectoryStudy)
    files = {key: _file(bench, getattr(study, key)) for key in ("trajectory", "topology", "pressures")}
    asked = study.model_dump(mode="json", exclude={"id", "published", "resources", "protocol", "levels"})
    reading = read_files(asked, files, study.levels.samples if study.levels else 1)
    reading.name = "reading"
    jobs, levels = [reading], None
    if study.levels is not None:
        jobs.append(shell_levels.job_of(bench, study.levels, reading.output["clusters"], None))
        levels = jobs[-1].output
    return bench.flow(jobs, summarise(bench.about(name_of(study)), reading.output, levels))


def name_of(study: TrajectoryStudy) -> str:
    """Name what is studied by its file."""
    return NOT_IN_NAMES.sub("_", Path(study.trajectory.file).name)[:60]


def _file(bench: Bench, named: File | None) -> str | None:
    """Find a user's file, relative to the campaign's."""
    if named is None:
        return None
    path = permitted(bench.campaign.folder / named.file, bench.campaign.folder)
    if not path.is_file():
        raise BadInput(f"no file at {path}")
    return str(path.resolve())


@job
def read_files(asked: dict[str, Any], files: dict[str, str | None], samples: int) -> dict[str, Any]:
    """Read the trajectory; what decides that is the files' content and what was asked."""
    study = TrajectoryStudy.model_validate(asked)

    def guess() -> Reading:
        if study.cation is None:
            return Reading()
        frames, topology = opened(study, files)
        return readings.guessed(frames[0].positions, frames[0].cell, topology, study.cation)

    content = {name: _hash(Path(path)) for name, path in files.items() if path is not None}
    return readings.kept({"asked": asked, "samples": samples, **content}, lambda: _read(study, files, samples), guess)


@job
def summarise(about: dict[str, Any], reading: dict[str, Any], levels: dict[str, Any] | None) -> dict[str, Any]:
    """Give what the trajectory says, and the levels of its shells."""
    result = {
        "key": reading["key"], "engine": "MDAnalysis", "version": _version(), "settings": {}, "task": "reading", "calls": 0,
        "core_seconds": reading["core_seconds"],
    }  # fmt: skip
    more = shell_levels.summed_up(reading["clusters"], levels)
    return finish(
        about,
        [result, *more.results],
        {**readings.quantities(reading), **more.quantities},
        notes=(*reading["notes"], *more.notes),
        views=readings.views(reading),
        data={**reading["data"], **more.data},
        headline=False,
    )


def _version() -> str:
    return str(needed("MDAnalysis", "trajectories").__version__)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(study: TrajectoryStudy, files: dict[str, str | None], samples: int) -> Reading:
    frames, topology = opened(study, files)
    viscosity = (study.viscosity, 0.0) if study.viscosity is not None else None
    if files["pressures"] is not None:
        tensor, step = pressures(Path(files["pressures"]))
        viscosity = green_kubo(tensor, step, volume(frames[0].cell), study.temperature)
    found = read(
        frames,
        topology,
        study.temperature,
        study.cation,
        viscosity=viscosity,
        current=study.current,
        cutoffs=study.cutoffs,
        samples=samples,
    )
    if files["pressures"] is None or viscosity is None:
        return found
    told = Quantity(
        value=viscosity[0], unit="mPa·s", error=viscosity[1], says=f"Green–Kubo; {WORDS}", answers="viscosity"
    )
    return replace(found, quantities={**found.quantities, "viscosity": told})


def opened(study: TrajectoryStudy, files: dict[str, str | None]) -> tuple[Trajectory, Topology]:
    """Open a study's trajectory with its molecules.

    Raises
    ------
    BadInput
        If one does not fit the other.
    """
    from potash.structures import fragments

    path = Path(str(files["trajectory"]))
    if study.molecules:
        topology = fragments.listed([(each.name, each.smiles, each.count) for each in study.molecules])
        frames = trajectory(path, len(topology.elements), interval=study.interval)
        fragments.check_listed(topology, frames[0].positions, frames[0].cell)
        return frames, topology
    atoms, elements = _atoms(path, files["topology"])
    frames = trajectory(path, atoms, interval=study.interval)
    first = frames[0]
    if files["topology"] is not None:
        topology, order = fragments.from_file(Path(files["topology"]), first.positions, first.cell)
    else:
        assert elements is not None
        bonds = fragments.perceived(elements, first.positions, first.cell)
        topology, order = fragments.grouped(elements, bonds)
    return trajectory(path, atoms, order=order, interval=study.interval), topology


def _atoms(path: Path, topology: str | None) -> tuple[int, list[str] | None]:
    """Count a file's atoms, and give their elements where the trajectory tells them."""
    from potash.analysis.trajectory import elements
    from potash.structures.fragments import count

    if topology is not None:
        return count(Path(topology)), None
    found = elements(path)
    return len(found), found
