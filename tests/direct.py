"""Campaigns in this process: the jobs and tasks of a run, without its workers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jobflow import JobStore
from maggma.stores import MemoryStore

from potash.calcs.calculation import Calculation
from potash.calcs.site import use
from potash.calcs.worker import compute
from potash.campaign import load
from potash.errors import BadInput
from potash.workflows.build import build


@dataclass
class Direct:
    """A place where calculations run at once, each one once."""

    folder: Path
    results: dict[str, Any] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)

    def perform(self, calculation: Calculation, label: str) -> dict[str, Any]:
        self.labels.append(label)
        if calculation.key not in self.results:
            own = self.folder / calculation.key
            own.mkdir(parents=True)
            self.results[calculation.key] = json.loads(json.dumps(compute(calculation, own, rank=0)))
        return dict(self.results[calculation.key])


@dataclass(frozen=True)
class Done:
    """A study's result, and what its summary was given."""

    result: dict[str, Any]
    given: tuple[Any, ...]


def run(path: Path, place: Direct) -> dict[str, Done]:
    """Run the studies of a campaign file."""
    store = JobStore(MemoryStore())
    store.connect()
    use(place)  # type: ignore[arg-type]  # it has what jobs use
    done = {}
    try:
        for name, flow in build(load(path)).items():
            for job, _ in flow.iterflow():
                job.run(store)
            done[name] = Done(store.query_one({"uuid": job.uuid})["output"], job.function_args)
    finally:
        use(None)
    return done


def assert_refused(path: Path, words: str, line: int) -> None:
    """Check that the campaign is refused before anything runs, in one sentence that names the file and the line."""
    with pytest.raises(BadInput) as error:
        build(load(path))
    said = str(error.value)
    assert said.startswith(f"{path}:{line}: ")
    assert words in said
    assert len(said.splitlines()) == 1
