"""What a user's trajectory says of a liquid."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from jobflow import Flow, job

from potash.analysis.blocks import WORDS
from potash.analysis.liquid_reading import Reading, read
from potash.analysis.result import Quantity, View
from potash.analysis.trajectory import Trajectory, trajectory
from potash.analysis.viscosity import green_kubo, pressures
from potash.calcs.site import here
from potash.calcs.vault import write
from potash.errors import BadInput
from potash.extras import needed
from potash.structures.files import permitted
from potash.structures.periodic import volume
from potash.structures.topology import Topology
from potash.studies.common import File
from potash.studies.trajectories import TrajectoryStudy
from potash.workflows.bench import NOT_IN_NAMES, Bench
from potash.workflows.summary import finish

#: What a reading gives was changed so often: earlier ones are not found again.
REVISION = 1


def build(bench: Bench) -> Flow:
    """Make the graph of a study of a trajectory."""
    study = bench.study
    assert isinstance(study, TrajectoryStudy)
    files = {key: _file(bench, getattr(study, key)) for key in ("trajectory", "topology", "pressures")}
    asked = study.model_dump(mode="json", exclude={"id", "published", "resources", "protocol"})
    return bench.flow([], summarise(bench.about(name_of(study)), asked, files))


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
def summarise(about: dict[str, Any], asked: dict[str, Any], files: dict[str, str | None]) -> dict[str, Any]:
    """Read the trajectory, or find in the vault what was read from it."""
    key = _key(asked, files)
    kept = here().vault.root / "readings" / f"{key}.json"
    if kept.exists():
        found = json.loads(kept.read_text(encoding="utf-8"))
    else:
        began = time.process_time()
        reading = _read(TrajectoryStudy.model_validate(asked), files)
        found = {**plain(reading), "core_seconds": time.process_time() - began}
        kept.parent.mkdir(parents=True, exist_ok=True)
        write(kept, found)
    quantities = {name: Quantity.model_validate(quantity) for name, quantity in found["quantities"].items()}
    result = {
        "key": key, "engine": "MDAnalysis", "version": _version(), "settings": {}, "task": "reading", "calls": 0,
        "core_seconds": found["core_seconds"],
    }  # fmt: skip
    return finish(
        about, [result], quantities, notes=tuple(found["notes"]), views=views(found["clusters"]), data=found["data"]
    )


def plain(reading: Reading) -> dict[str, Any]:
    """Write a reading as plain data."""
    return {
        "quantities": {name: quantity.model_dump(mode="json") for name, quantity in reading.quantities.items()},
        "data": reading.data,
        "notes": list(reading.notes),
        "clusters": [cluster.plain() for cluster in reading.clusters],
    }


def views(clusters: list[dict[str, Any]]) -> tuple[View, ...]:
    """Show the shells that were cut out."""
    return tuple(
        View(title=f"{each['label']}: {100 * each['population']:.0f} % of the ions", frames=(each["atoms"],))
        for each in clusters
    )


def _version() -> str:
    return str(needed("MDAnalysis", "trajectories").__version__)


def _key(asked: dict[str, Any], files: dict[str, str | None]) -> str:
    """Give the hash of what decides a reading: the files' content and what was asked."""
    content: dict[str, Any] = {"asked": asked, "revision": REVISION}
    for name, path in files.items():
        if path is not None:
            with Path(path).open("rb") as file:
                content[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]


def _read(study: TrajectoryStudy, files: dict[str, str | None]) -> Reading:
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
