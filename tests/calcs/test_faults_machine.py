"""Faults of the machine, brought about for real: limits of memory and time, full and read-only disks, killed processes."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from ase.build import bulk

from potash.calcs.calculation import Calculation
from potash.calcs.calls import count_calls
from potash.calcs.site import Site
from potash.errors import CalculationFailed
from tests.calcs.asked import COARSE, asked, site, tried
from tests.conftest import Run

Limit = Callable[..., None]

LONG = {"melt": 1500.0, "hold": 2.0, "rate": 3000.0, "seed": 5, "steps": 100, "timestep": 4.0}


@pytest.fixture
def limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Limit:
    """Put shell lines before the first so many starts of a worker."""

    def limit(lines: str, times: int = 1) -> None:
        script, count = tmp_path / "python", tmp_path / "starts"
        count.write_text("0")
        script.write_text(
            f"#!/bin/bash\nn=$(cat '{count}'); echo $((n + 1)) > '{count}'\n"
            f"if [ $n -lt {times} ]; then\n{lines}\nfi\nexec '{sys.executable}' \"$@\"\n"
        )
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))

    return limit


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=32k", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def mount(*words: str) -> None:
    if os.geteuid() or subprocess.run(["mount", *words], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root can mount")


@pytest.fixture
def cell() -> Iterator[Path]:
    """A group of processes that may have 40 MiB together, after which the kernel kills."""
    one, two = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup/cgroup.controllers")
    folder = (one if one.is_dir() else two.parent) / f"potash-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / ("memory.limit_in_bytes" if one.is_dir() else "memory.max")).write_text(str(40 * 2**20))
    except OSError:
        if folder.is_dir():
            folder.rmdir()
        pytest.skip("no group of processes can be made here")
    yield folder
    folder.rmdir()


def fails(place: Site, calculation: Calculation) -> str:
    with pytest.raises(CalculationFailed) as error:
        place.perform(calculation, "it")
    assert place.vault.failure(calculation.key) is None, "the calculation is not to blame: the next run tries again"
    return str(error.value).removeprefix("it: ")


def test_too_little_memory_is_asked_for_twice(tmp_path: Path, limited: Limit, monkeypatch: pytest.MonkeyPatch) -> None:
    calculation, place = asked("emt", bulk("Cu")), site(tmp_path)
    take, taken = place.cores.take, list[float]()

    def noted(wanted: int, memory: float, stopping: threading.Event) -> AbstractContextManager[int]:
        taken.append(memory)
        return take(wanted, memory, stopping)

    monkeypatch.setattr(place.cores, "take", noted)
    limited("ulimit -v 150000")
    states = list[str]()
    place.listen = lambda event: states.append(event.state)
    result = place.perform(calculation, "it")
    assert states.index("waiting") < states.index("finished"), "it is at work no longer while it waits for cores again"
    assert taken == [taken[0], 2 * taken[0]]
    assert tried(place, calculation) == ["F003 more memory"]
    assert result["faults"] == [{"fault": "F003", "remedy": "more memory", "calls": 0}]


def test_what_the_kernel_kills_for_its_memory(tmp_path: Path, limited: Limit, cell: Path) -> None:
    calculation, place = asked("emt", bulk("Cu")), site(tmp_path)
    limited(f"echo $$ > {cell}/cgroup.procs", times=2)
    said = fails(place, calculation)
    assert re.match(r"F003: the memory did not suffice \(processes killed by the kernel meanwhile: \d+\)", said)
    assert place.perform(calculation, "it")["calls"] == 1


def test_time_that_runs_out_is_no_failure_and_the_next_run_goes_on(tmp_path: Path) -> None:
    calculation, place = asked("emt", bulk("Cu", cubic=True) * (2, 2, 2), task="quench", options=LONG), site(tmp_path)
    kept = place.vault.folder(calculation.key) / "quench.json"
    end = threading.Thread(target=when, args=(kept.exists, str(tmp_path), no_time_left))
    end.start()
    assert fails(place, calculation).startswith("F004: its time ran out")
    end.join()
    assert kept.exists()
    assert place.perform(calculation, "it")["converged"]


def test_a_full_disk_keeps_whole_calls_and_goes_on_when_there_is_room(tmp_path: Path, small: Path) -> None:
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    atoms.rattle(0.2, seed=1)
    calculation = asked("emt", atoms, options={"force": 0.001, "steps": 60})
    place = site(small)
    said = fails(place, calculation)
    assert said.startswith("F001: the disk is full")
    subprocess.run(["mount", "-o", "remount,size=4m", str(small)], check=True)
    log = place.vault.folder(calculation.key) / "calls.xyz"
    before = count_calls(log)
    result = place.perform(calculation, "it")
    assert result["converged"]
    assert result["calls"] == count_calls(log) > before


def test_a_vault_that_cannot_be_written(tmp_path: Path, potash: Run) -> None:
    """F002."""
    vault = tmp_path / "shared"
    vault.mkdir()
    mount("--bind", str(vault), str(vault))
    try:
        mount("-o", "remount,bind,ro", str(vault))
        (tmp_path / "c.yaml").write_text("campaign: c\nengine: emt\nstudies:\n  - {kind: bulk, phase: Cu}\n")
        run = potash("run", "c.yaml", POTASH_VAULT=str(vault))
    finally:
        subprocess.run(["umount", "-l", str(vault)], check=True)
    assert run.returncode != 0
    assert "F002: the vault cannot be written" in " ".join((run.stdout + run.stderr).split())
    assert "Traceback" not in run.stderr


def test_a_killed_worker_starts_again_from_its_record(tmp_path: Path) -> None:
    """F027."""
    calculation, place = asked("emt", bulk("Cu", cubic=True) * (2, 1, 1), task="quench", options=LONG), site(tmp_path)
    kept = place.vault.folder(calculation.key) / "quench.json"
    killer = threading.Thread(target=when, args=(kept.exists, str(tmp_path), kill))
    killer.start()
    result = place.perform(calculation, "it")
    killer.join()
    assert tried(place, calculation) == ["F027 once more"]
    assert result["converged"]


def when(happened: Callable[[], bool], words: str, act: Callable[[int], None]) -> None:
    """Act upon the last of the workers in a vault: of several ranks, one."""
    deadline = time.monotonic() + 120
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)
    found = subprocess.run(["pgrep", "-f", f"potash.calcs.worker {words}"], capture_output=True, text=True, check=False)
    act(int(found.stdout.split()[-1]))


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def no_time_left(pid: int) -> None:
    """Set a limit of processor time that is over."""
    resource.prlimit(pid, resource.RLIMIT_CPU, (0, resource.RLIM_INFINITY))


def test_a_module_that_does_not_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F010."""
    pytest.importorskip("gpaw")
    launcher = tmp_path / "launch"
    launcher.write_text('#!/bin/bash\nset -e\nmodule load gpaw/99\nexec mpiexec "$@"\n')
    launcher.chmod(0o755)
    monkeypatch.setenv("POTASH_MPIEXEC", str(launcher))
    said = fails(site(tmp_path / "v", cores=2), asked("gpaw", bulk("Al"), **COARSE))
    assert said.startswith("F010: the code did not start (")
    assert "module: " in said


@pytest.mark.dft
def test_a_killed_rank_takes_its_worker_along_and_both_start_again(tmp_path: Path) -> None:
    """F027."""
    if shutil.which("mpiexec") is None:
        pytest.skip("mpiexec is not installed")
    pytest.importorskip("gpaw")
    calculation, place = asked("gpaw", bulk("Al"), **COARSE), site(tmp_path, cores=2)
    folder = place.vault.folder(calculation.key)
    killer = threading.Thread(target=when, args=((folder / "gpaw.1.txt").exists, str(tmp_path), kill))
    killer.start()
    result = place.perform(calculation, "it")
    killer.join()
    assert tried(place, calculation) == ["F027 once more"]
    assert result["calls"] == 1
