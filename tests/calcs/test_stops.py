"""A run that is stopped: force calls under way end within the grace, nothing that was computed is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT

from potash.calcs.calculation import Calculation
from potash.calcs.calls import STOP, CallLog, Recorder, Stopped, count_calls
from potash.calcs.cores import Cores
from potash.calcs.lease import Lease
from potash.calcs.site import Event, Site
from potash.calcs.vault import Vault
from potash.errors import CalculationFailed
from potash.structures.encoding import encode
from potash.workflows.jobs import resolve

#: Seconds that anything may take on a busy machine.
PATIENCE = 120.0


def cell(repeated: int, engine: str = "emt", **settings: Any) -> Calculation:
    """Make a calculation of some seven force calls: of a second each for EMT with a thousand atoms."""
    recipe = {"engine": engine, "protocol": "fast", "task": "cell", "settings": settings, "options": {}}
    element = "Cu" if engine == "emt" else "Al"
    return resolve(recipe, [encode(bulk(element, cubic=repeated > 1).repeat(repeated))])


class Run:
    """A calculation in a thread of its own, as a run has it."""

    def __init__(self, site: Site, calculation: Calculation) -> None:
        self.site, self.calculation = site, calculation
        self.log = site.vault.folder(calculation.key) / "calls.xyz"
        self.events: list[Event] = []
        site.listen = self.events.append
        self.told = ""
        self.thread = threading.Thread(target=self._go)
        self.thread.start()

    def _go(self) -> None:
        try:
            self.site.perform(self.calculation, "copper: cell")
        except CalculationFailed as error:
            self.told = str(error)

    def wait_for_calls(self, count: int) -> None:
        wait_for(lambda: count_calls(self.log) >= count)

    def join(self) -> None:
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def assert_left_clean(run: Run) -> None:
    folder = run.log.parent
    assert run.told == "copper: cell: stopped; run again to go on"
    assert run.events[-1].state == "waiting"
    assert {path.name for path in folder.iterdir()} == {
        "calculation.json",
        "calls.xyz",
        "lease-1",
        "worker.out",
        "worker.err",
    }
    assert Lease(folder).holder() is None
    assert "Traceback" not in (folder / "worker.err").read_text()


def test_the_force_call_under_way_is_recorded_and_the_next_run_goes_on(tmp_path: Path) -> None:
    vault, calculation = Vault(tmp_path), cell(6)
    first = Run(Site(vault, Cores(1), grace=PATIENCE), calculation)
    first.wait_for_calls(2)
    before = count_calls(first.log)
    first.site.stopping.set()
    first.join()
    kept = first.log.read_text()
    assert count_calls(first.log) > before, "the call under way was thrown away"
    assert_left_clean(first)

    result = Site(vault, Cores(1)).perform(calculation, "copper: cell")
    assert first.log.read_text().startswith(kept)
    energies = [frame.get_potential_energy() for frame in CallLog(first.log, writable=False).frames]
    assert len(set(energies)) == len(energies) == result["calls"], "a force call was made twice"


@pytest.mark.parametrize("grace", [0.0, PATIENCE])
def test_without_grace_or_asked_once_more_the_call_under_way_is_killed(grace: float, tmp_path: Path) -> None:
    run = Run(Site(Vault(tmp_path), Cores(1), grace=grace), cell(16))  # of ten seconds each
    wait_for(lambda: any("worker" in path.name for path in run.log.parent.glob("*")))
    began = time.monotonic()
    run.site.stopping.set()
    if grace:
        run.site.hurry.set()
    run.join()
    assert time.monotonic() - began < PATIENCE / 2
    assert "stopped" in run.told
    assert count_calls(run.log) == 0


def test_who_waits_for_cores_stops_at_once(tmp_path: Path) -> None:
    site = Site(Vault(tmp_path), Cores(1))
    with site.cores.take(1):
        run = Run(site, cell(1))
        time.sleep(0.2)
        site.stopping.set()
        run.join()
    assert "stopped" in run.told
    assert list(tmp_path.iterdir()) == [], "nothing was claimed while it waited"


def test_images_called_side_by_side_are_all_recorded_before_the_stop(tmp_path: Path) -> None:
    log = CallLog(tmp_path / "calls.xyz", writable=True)
    image: Atoms = bulk("Cu")
    image.calc = Recorder(lambda atoms: EMT(), log)
    (tmp_path / STOP).touch()
    image.calc.take(image, {"energy": 0.0, "free_energy": 0.0, "forces": np.zeros((1, 3))}, 0.1)
    assert count_calls(log.path) == 1
    with pytest.raises(Stopped):
        image.calc.rest()


def test_a_record_is_replayed_without_looking_for_a_stop(tmp_path: Path) -> None:
    log = CallLog(tmp_path / "calls.xyz", writable=True)
    atoms = bulk("Cu")
    atoms.calc = Recorder(lambda atoms: EMT(), log)
    atoms.get_potential_energy()
    (tmp_path / STOP).touch()
    atoms.calc = Recorder(lambda atoms: EMT(), CallLog(log.path, writable=True))
    atoms.get_potential_energy()
    atoms.rattle(0.1)
    with pytest.raises(Stopped):
        atoms.get_potential_energy()
    assert count_calls(log.path) == 2


def test_a_job_larger_than_the_memory_runs_with_a_warning(tmp_path: Path) -> None:
    told: list[str] = []
    site = Site(Vault(tmp_path), Cores(1, 0.05), warn=told.append)
    assert site.perform(cell(1), "copper: cell")["calls"] > 0
    (sentence,) = told
    assert sentence.startswith(
        "copper: cell: needs about 0.1 GiB, more than the 0.05 GiB that may be used; it runs alone"
    )


@pytest.mark.dft
def test_all_ranks_of_gpaw_stop_together(tmp_path: Path) -> None:
    pytest.importorskip("gpaw")
    calculation = cell(1, "gpaw", spacing=0.4)
    run = Run(Site(Vault(tmp_path), Cores(2), grace=PATIENCE), calculation)
    run.wait_for_calls(1)
    run.site.stopping.set()
    run.join()
    assert_gpaw_left_clean(run)


def assert_gpaw_left_clean(run: Run) -> None:
    assert "stopped" in run.told
    assert 2 <= count_calls(run.log) < 7
    assert not (run.log.parent / "failure.json").exists()
    assert not (run.log.parent / STOP).exists()
    assert Lease(run.log.parent).holder() is None
