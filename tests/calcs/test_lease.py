"""Leases: one holder at a time; dead ones lose, and those that were paused too long know it."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from potash.calcs import lease as module
from potash.calcs.lease import Lease
from potash.calcs.processes import alive, identity

spawn = multiprocessing.get_context("fork")

#: A process on another machine, or in another container.
ELSEWHERE = f"{socket.gethostname()}:1:2:0b/4"


def held_elsewhere(folder: Path, number: int = 1) -> Path:
    path = folder / f"lease-{number}"
    path.write_text(f"{ELSEWHERE} 0123")
    return path


def take_and_die(folder: Path) -> None:
    assert Lease(folder).take()
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_dead_holder_loses_its_lease(tmp_path: Path) -> None:
    process = spawn.Process(target=take_and_die, args=(tmp_path,))
    process.start()
    process.join(20)
    assert process.exitcode == -signal.SIGKILL
    assert (tmp_path / "lease-1").exists()
    lease = Lease(tmp_path)
    assert lease.holder() is None
    assert lease.take()
    assert lease.holder() == identity()
    assert [path.name for path in tmp_path.iterdir()] == ["lease-2"]


def hold(folder: Path, ready: Any) -> None:
    assert Lease(folder).take()
    ready.set()
    time.sleep(60)


@pytest.mark.parametrize("pause", [False, True])
def test_a_holder_here_keeps_its_lease_while_it_lives_even_stopped(
    pause: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = spawn.Event()
    process = spawn.Process(target=hold, args=(tmp_path, ready))
    process.start()
    assert ready.wait(20)
    assert process.pid is not None
    if pause:
        os.kill(process.pid, signal.SIGSTOP)
        monkeypatch.setattr(module, "LEASE", 0.0)
    lease = Lease(tmp_path)
    assert lease.holder() == identity(process.pid)
    assert not lease.take()
    process.kill()
    process.join(20)
    assert lease.take()


def test_a_later_process_with_the_same_number_is_another(tmp_path: Path) -> None:
    host, pid, started, place = identity().split(":")
    (tmp_path / "lease-1").write_text(f"{host}:{pid}:{int(started) - 1}:{place} 0123")
    assert Lease(tmp_path).holder() is None


def test_containers_with_one_host_name_are_not_taken_for_each_other() -> None:
    code = "from potash.calcs.processes import identity; print(identity())"
    if subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True).returncode:
        pytest.skip("only root can make a container")
    told = subprocess.check_output(
        ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code], text=True
    ).strip()
    assert told.split(":")[0] == socket.gethostname()
    assert told.split(":")[1] == "1"
    assert alive(told) is None
    assert alive(identity()) is True


def test_a_lease_elsewhere_is_lost_when_nothing_was_heard_of_it_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEASE", 1.0)
    path = held_elsewhere(tmp_path)
    lease = Lease(tmp_path)
    began = time.monotonic()
    assert not lease.take()
    assert not lease.lively
    time.sleep(0.6)
    os.utime(path)
    assert lease.holder() == ELSEWHERE
    assert lease.lively
    while lease.holder() is not None:
        assert time.monotonic() - began < 30
        time.sleep(0.05)
    assert time.monotonic() - began > 1.6
    assert lease.take()


@pytest.mark.parametrize("jump", [-1e6, 1e6])
def test_no_clock_needs_to_be_right(jump: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither this machine's (an hour means nothing) nor the file server's (its times are only compared for change)."""
    monkeypatch.setattr(module, "LEASE", 1.0)
    path = held_elsewhere(tmp_path)
    os.utime(path, (0, time.time() + jump))
    lease = Lease(tmp_path)
    assert lease.holder() == ELSEWHERE
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert lease.holder() == ELSEWHERE
    began = time.monotonic()
    while time.monotonic() - began < 2:  # signs of life that jump about are signs of life
        os.utime(path, (0, 1.5e9 + jump * (time.monotonic() - began)))
        assert lease.holder() == ELSEWHERE
        time.sleep(0.05)


def test_a_waiting_process_that_was_paused_looks_again_before_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = held_elsewhere(tmp_path)
    lease = Lease(tmp_path)
    assert lease.holder() == ELSEWHERE
    later = time.monotonic() + 10 * module.LEASE
    os.utime(path, (0, 1e9))  # the holder lived on meanwhile
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not lease.take()


def test_who_lost_the_lease_knows_it_and_harms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Lease(tmp_path), Lease(tmp_path)
    assert old.take()
    assert old.held()
    assert old.renew()
    monkeypatch.setattr(module, "alive", lambda name: False)
    assert new.take()
    assert not old.held()
    assert not old.renew()
    old.release()
    assert new.held()
    assert [path.name for path in tmp_path.iterdir()] == ["lease-2"]
    new.release(done=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("times", [1, 2, 3])
def test_who_is_paused_between_looking_and_taking_finds_that_it_came_too_late(
    times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, others = Lease(tmp_path), [Lease(tmp_path) for _ in range(times)]
    look = slow._look()
    monkeypatch.setattr(slow, "_look", lambda: look)
    with monkeypatch.context() as change:
        change.setattr(module, "alive", lambda name: False)
        for other in others:
            assert other.take()
    assert not slow.take()
    assert not slow.held()
    assert others[-1].held()
    assert [path.name for path in tmp_path.iterdir()] == [f"lease-{times}"]


def test_a_lease_is_not_mistaken_for_a_later_one_of_the_same_number(tmp_path: Path) -> None:
    old, new = Lease(tmp_path), Lease(tmp_path)
    assert old.take()
    (tmp_path / "lease-1").unlink()
    assert new.take()
    assert new.held()
    assert not old.held()


def test_another_process_can_share_a_lease(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    assert lease.take()
    assert Lease(tmp_path, claim=lease.claim).held()
    assert not Lease(tmp_path).held()


def test_who_takes_a_folder_sweeps_up_what_a_killed_writer_left(tmp_path: Path) -> None:
    (tmp_path / "result.json.0123.part").write_text('{"ener')
    assert Lease(tmp_path).take()
    assert [path.name for path in tmp_path.iterdir()] == ["lease-1"]


@pytest.mark.parametrize("text", ["", "garbage", "\n"])
def test_a_lease_that_a_power_failure_emptied_is_waited_for_and_lost(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lease-1").write_text(text)
    lease = Lease(tmp_path)
    assert not lease.take()
    monkeypatch.setattr(module, "LEASE", 0.0)
    assert lease.take()


def test_the_age_is_told_by_the_file_system_s_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = held_elsewhere(tmp_path)
    os.utime(path, (0, time.time() - 50))
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert 49 < Lease(tmp_path).age() < 600
