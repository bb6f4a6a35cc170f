"""A worker that was paused until another process took its calculation over harms nothing when it wakes."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from potash.calcs import lease as module
from potash.calcs.calls import CallLog, LeaseLost, count_calls
from potash.calcs.cores import Cores
from potash.calcs.lease import Lease
from potash.calcs.site import Site
from potash.calcs.vault import Vault
from tests.calcs.test_stops import Run, cell, wait_for

RESULTS = {"energy": 0.0, "free_energy": 0.0, "forces": np.zeros((1, 3))}


def taken_over(folder: Path) -> Lease:
    """Take a folder as another host does that has heard nothing of its holder for long."""
    lease = Lease(folder)
    with pytest.MonkeyPatch.context() as change:
        change.setattr(module, "alive", lambda name: None)
        change.setattr(module, "LEASE", -1.0)
        assert lease.take()
    return lease


def worker(folder: Path) -> int:
    """Find the process that computes in a folder."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if b"potash.calcs.worker" in (entry / "cmdline").read_bytes() and (entry / "cwd").readlink() == folder:
                return int(entry.name)
    raise AssertionError("no worker")


def test_a_worker_that_wakes_after_its_lease_was_lost_writes_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    vault, calculation = Vault(tmp_path), cell(6)
    run = Run(Site(vault, Cores(1), warn=told.append), calculation)
    run.wait_for_calls(1)
    folder = run.log.parent
    pid = worker(folder)
    os.kill(pid, signal.SIGSTOP)
    try:
        other = taken_over(folder)
        log = CallLog(run.log, writable=True, lease=other)
        kept = run.log.read_text()
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: bool(told))
    assert told == ["copper: cell: another host took it over while this one was paused or cut off"]
    assert run.log.read_text() == kept, "a force call was recorded without a lease"
    assert not (folder / "failure.json").exists()
    assert other.held()
    log.append(bulk("Cu"), RESULTS, 0.1)
    vault.finish(calculation.key, {"energy": -1.0, "calls": 7, "core_seconds": 1.0})
    vault.release(calculation.key, other)
    run.join()
    assert [event.state for event in run.events if event.state != "running"] == ["waiting", "found"]
    assert vault.result(calculation.key) == {"energy": -1.0, "calls": 7, "core_seconds": 1.0}


def test_who_is_paused_in_the_middle_of_writing_writes_where_nobody_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, atoms = tmp_path / "calls.xyz", bulk("Cu")
    old = Lease(tmp_path)
    assert old.take()
    CallLog(path, writable=True, lease=old).append(atoms, RESULTS, 0.1)
    log = CallLog(path, writable=True, lease=old)
    new = taken_over(tmp_path)
    CallLog(path, writable=True, lease=new).append(atoms, RESULTS, 0.2)
    kept = path.read_text()
    with pytest.raises(LeaseLost):
        log.append(atoms, RESULTS, 0.3)
    monkeypatch.setattr(old, "held", lambda: True)  # it had looked before it was paused
    log.append(atoms, RESULTS, 0.3)
    assert path.read_text() == kept
    assert count_calls(path) == 2


def test_the_first_call_of_who_lost_the_lease_makes_no_log_beside_the_other_s(tmp_path: Path) -> None:
    path, lease = tmp_path / "calls.xyz", Lease(tmp_path)
    assert lease.take()
    log = CallLog(path, writable=True, lease=lease)
    path.write_text("")
    with pytest.raises(LeaseLost):
        log.append(bulk("Cu"), RESULTS, 0.1)
    assert path.read_text() == ""


def test_a_coordinator_that_lost_the_lease_kills_its_worker_and_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker sleeps, so that it cannot notice by itself."""
    told: list[str] = []
    monkeypatch.setattr("potash.calcs.site.RENEW", 0.5)
    vault, calculation = Vault(tmp_path), cell(6)
    run = Run(Site(vault, Cores(1), warn=told.append), calculation)
    run.wait_for_calls(1)
    pid = worker(run.log.parent)
    os.kill(pid, signal.SIGSTOP)
    other = taken_over(run.log.parent)
    wait_for(lambda: bool(told))
    assert not Path(f"/proc/{pid}").exists()
    run.site.stopping.set()
    run.join()
    assert other.held()
