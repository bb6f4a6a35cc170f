"""Cores and memory: never more in use than there are, in the order of asking; and how many there are."""

import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from potash.calcs.cores import Cores, cores_here, memory_here


class Use:
    """What is in use at once, as jobs in threads see it."""

    def __init__(self, cores: Cores) -> None:
        self.cores = cores
        self.lock = threading.Lock()
        self.now, self.room = 0, 0.0
        self.most, self.fullest = 0, 0.0
        self.order: list[int] = []

    def job(self, number: int, wanted: int, memory: float) -> None:
        with self.cores.take(wanted, memory) as got:
            with self.lock:
                self.order.append(number)
                self.now, self.room = self.now + got, self.room + min(memory, self.cores.memory)
                self.most, self.fullest = max(self.most, self.now), max(self.fullest, self.room)
            time.sleep(0.002)
            with self.lock:
                self.now, self.room = self.now - got, self.room - min(memory, self.cores.memory)


jobs = st.lists(st.tuples(st.integers(0, 6), st.floats(0, 12)), min_size=1, max_size=12)


@given(jobs=jobs, total=st.integers(1, 4), memory=st.floats(0.5, 8))
@settings(max_examples=25, deadline=None)
def test_never_more_is_in_use_than_there_is(jobs: list[tuple[int, float]], total: int, memory: float) -> None:
    use = Use(Cores(total, memory))
    threads = [threading.Thread(target=use.job, args=(number, *job)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "jobs wait for each other for ever"
    assert use.most <= total
    assert use.fullest <= memory * (1 + 1e-9)
    assert len(use.order) == len(jobs)


@pytest.mark.parametrize(("wanted", "memory"), [((1, 1), (1.0, 1.0)), ((1, 1), (1.0, 1.5)), ((2, 1), (1.0, 1.0))])
def test_two_small_jobs_or_one_large_one(wanted: tuple[int, int], memory: tuple[float, float]) -> None:
    cores = Cores(2, 2.0)
    entered = threading.Event()

    def second() -> None:
        with cores.take(wanted[1], memory[1]):
            entered.set()

    together = sum(wanted) <= 2 and sum(memory) <= 2
    with cores.take(wanted[0], memory[0]):
        thread = threading.Thread(target=second)
        thread.start()
        assert entered.wait(20 if together else 0.3) == together
    thread.join(20)
    assert entered.is_set()


def test_a_wide_job_is_not_overtaken() -> None:
    cores = Cores(2)
    order: list[str] = []

    def job(name: str, wanted: int) -> None:
        with cores.take(wanted):
            order.append(name)

    threads = [threading.Thread(target=job, args=each) for each in (("wide", 2), ("narrow", 1))]
    with cores.take(1):
        for thread in threads:
            thread.start()
            time.sleep(0.2)
        assert order == []
    for thread in threads:
        thread.join(20)
    assert order[0] == "wide"


def test_a_job_larger_than_all_takes_all() -> None:
    cores = Cores(2, 4.0)
    with cores.take(8, 100.0) as got:
        assert got == 2
    with cores.take(1, 4.0) as got:
        assert got == 1


def test_who_waits_gives_up_when_the_run_stops() -> None:
    cores, stopping = Cores(1), threading.Event()
    with cores.take(1):
        stopping.set()
        with cores.take(1, stopping=stopping) as got:
            assert got == 0
    with cores.take(1) as got:
        assert got == 1


def test_affinity_says_how_many_cores_there_are() -> None:
    one = min(os.sched_getaffinity(0))
    code = (
        f"import os; os.sched_setaffinity(0, [{one}]); from potash.calcs.cores import cores_here; print(cores_here())"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "1"


def files(root: Path, **content: str) -> None:
    for name, text in content.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, Path]:
    """Write what Linux says on a machine with 8 GiB free and no limits."""
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    files(proc, meminfo="MemTotal: 16777216 kB\nMemFree: 1024 kB\nMemAvailable:    8388608 kB\n")
    files(proc, self__cgroup="0::/slice/job\n")
    files(
        groups,
        slice__job__memory_DOT_max="max\n",
        slice__memory_DOT_max="max\n",
        slice__job__cpu_DOT_max="max 100000\n",
    )
    return groups, proc


def test_a_machine_without_limits(machine: tuple[Path, Path]) -> None:
    assert memory_here({}, *machine) == 8.0
    assert cores_here({}, *machine) == len(os.sched_getaffinity(0))


def test_control_groups_limit_what_is_in_them_and_below(machine: tuple[Path, Path]) -> None:
    groups, proc = machine
    files(groups, slice__memory_DOT_max=str(3 * 2**30))
    assert memory_here({}, groups, proc) == 3.0
    files(groups, slice__job__memory_DOT_max=str(2 * 2**30))
    assert memory_here({}, groups, proc) == 2.0
    files(groups, slice__job__cpu_DOT_max="150000 100000\n")
    assert cores_here({}, groups, proc) == 1


def test_control_groups_of_version_1(machine: tuple[Path, Path]) -> None:
    groups, proc = machine
    files(proc, self__cgroup="4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n1:name=systemd:/docker/ab\n0::/\n")
    files(groups, memory__memory_DOT_limit_in_bytes="9223372036854771712\n")
    files(groups, memory__docker__ab__memory_DOT_limit_in_bytes=f"{2**30}\n")
    folder = groups / "cpu,cpuacct" / "docker" / "ab"
    files(folder, cpu_DOT_cfs_quota_us="100000\n", cpu_DOT_cfs_period_us="100000\n")
    assert memory_here({}, groups, proc) == 1.0
    assert cores_here({}, groups, proc) == 1
    files(folder, cpu_DOT_cfs_quota_us="-1\n")
    assert cores_here({}, groups, proc) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("variables", "memory"),
    [
        ({"SLURM_MEM_PER_NODE": "2048"}, 2.0),
        ({"SLURM_MEM_PER_NODE": "0"}, 8.0),
        ({"SLURM_MEM_PER_CPU": "512", "SLURM_CPUS_ON_NODE": "1"}, 0.5),
        ({"SLURM_MEM_PER_NODE": "64000"}, 8.0),
    ],
)
def test_an_allocation_s_memory(variables: dict[str, str], memory: float, machine: tuple[Path, Path]) -> None:
    assert memory_here(variables, *machine) == memory


@pytest.mark.parametrize(
    ("variables", "cores"),
    [({"SLURM_CPUS_ON_NODE": "1"}, 1), ({"SLURM_CPUS_PER_TASK": "1"}, 1), ({"SLURM_CPUS_ON_NODE": "2(x2)"}, math.inf)],
)
def test_an_allocation_s_cores(variables: dict[str, str], cores: float, machine: tuple[Path, Path]) -> None:
    assert cores_here(variables, *machine) == min(cores, len(os.sched_getaffinity(0)))
