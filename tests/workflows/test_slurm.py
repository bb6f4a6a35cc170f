"""Campaigns on a real Slurm, in jobs that end, are cancelled, lose their nodes and are killed for their memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from ase.build import bulk

from tests.conftest import command
from tests.workflows.slurm_cluster import BY_COUNT, BY_KERNEL, SlurmCluster, cluster, wait_for

PATIENCE = 900

SMALL = """\
campaign: c
engine: emt
studies:
  - kind: bulk
    phase: Cu
"""
MIDDLE = """\
campaign: c
engine: emt
studies:
  - {kind: bulk, phase: [Cu, Al]}
  - {kind: barrier, host: Cu, ion: Cu, supercell: [3, 3, 2], cutoff: 3, band: plain}
"""
#: Half a minute of work in short pieces.
LARGE = """\
campaign: c
engine: emt
studies:
  - {kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2]}
  - {kind: adsorption, phase: [Cu, Al], facets: [[1, 1, 1], [1, 0, 0], [1, 1, 0]], ion: Cu, supercell: [4, 3]}
"""


@pytest.fixture(scope="module")
def by_count() -> Iterator[SlurmCluster]:
    made = cluster(BY_COUNT)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def by_kernel() -> Iterator[SlurmCluster]:
    made = cluster(BY_KERNEL)
    yield made
    made.stop()


@pytest.fixture
def slurm(by_count: SlurmCluster) -> Iterator[SlurmCluster]:
    yield by_count
    by_count.clear()


@pytest.fixture
def strict(by_kernel: SlurmCluster) -> Iterator[SlurmCluster]:
    yield by_kernel
    by_kernel.clear()


def potash(slurm: SlurmCluster, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **slurm.variables, "COLUMNS": "160", "PYTHONPATH": str(Path.cwd())}
    return subprocess.run(
        command(*words), cwd=folder, env=variables, capture_output=True, text=True, timeout=300, check=False
    )


def state(folder: Path, number: int = 1) -> dict:
    return json.loads((folder / "c" / "allocations" / f"{number:02d}" / "state.json").read_text())


def calls(folder: Path) -> int:
    return sum(path.read_text().count("Lattice=") for path in folder.glob("c/vault/*/*/calls.xyz"))


def output(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.glob("c/allocations/*/slurm-*.out")))


def assert_each_call_once(folder: Path) -> None:
    for path in folder.glob("c/vault/*/*/calls.xyz"):
        frames = ["\n".join(frame.splitlines()[1:]) for frame in path.read_text().split("Lattice=")[1:]]
        assert len(set(frames)) == len(frames), "a force call was made twice"


def assert_whole(folder: Path) -> None:
    report = json.loads((folder / "c" / "report" / "results.json").read_text())
    assert [study["status"] for study in report["studies"]] == ["done"] * len(report["studies"])
    assert_each_call_once(folder)


def profile(folder: Path, *lines: str) -> None:
    (folder / "cluster.yaml").write_text("".join(f"{line}\n" for line in lines))


def submit(slurm: SlurmCluster, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return potash(slurm, folder, "submit", "c.yaml", "--to", "slurm", "--cluster", "cluster.yaml", *words)


def ends(slurm: SlurmCluster) -> None:
    wait_for(lambda: not slurm.queue(), PATIENCE, lambda: f"jobs do not come to an end: {slurm.told()}")


def test_a_campaign_takes_as_many_walltimes_as_it_needs(slurm: SlurmCluster, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(LARGE)
    profile(tmp_path, "walltime: 00:01:00", "cores: 1")
    began = time.monotonic()
    dry = submit(slurm, tmp_path, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert not (tmp_path / "c").exists(), "a dry run writes nothing"
    # As fast as this machine is now: an allocation's start, and some calculations.
    work = min(50, max(7, round(1.4 * (time.monotonic() - began))))
    for _ in range(3):  # where the machine has become much slower meanwhile, jobs without progress end
        profile(tmp_path, "walltime: 00:01:00", f"stop: 00:00:{60 - work:02d}", "cores: 1", "allocations: 1")
        assert submit(slurm, tmp_path).returncode == 0
        ends(slurm)
        if state(tmp_path)["ended"] != "stuck":
            break
        work = min(50, 2 * work)
    assert state(tmp_path)["ended"] == "done", output(tmp_path)
    assert len(list(tmp_path.glob("c/allocations/01/slurm-*.out"))) >= 3, "it must need three successive allocations"
    assert output(tmp_path).count("the end of the walltime is near") >= 2
    assert_whole(tmp_path)
    assert "stopped" not in potash(slurm, tmp_path, "status", "c").stdout


def test_a_campaign_comes_home_over_a_scancel_a_drained_node_and_a_lost_one(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    (tmp_path / "c.yaml").write_text(MIDDLE)
    profile(tmp_path, "cores: 2")
    assert submit(slurm, tmp_path).returncode == 0
    wait_for(lambda: calls(tmp_path) >= 1, PATIENCE, "nothing is calculated")
    status = potash(slurm, tmp_path, "status", "c").stdout
    assert "runs on potash" in status
    assert "waits behind it" in status
    twice = submit(slurm, tmp_path)
    assert twice.returncode == 2
    assert "in the queue already" in twice.stderr
    slurm.call("scancel", "--state=RUNNING", "--user=root")
    ends(slurm)
    assert state(tmp_path)["ended"] == "cancelled"
    status = potash(slurm, tmp_path, "status", "c").stdout
    assert "allocation 01: cancelled" in status
    assert "--to slurm --dir c' goes on" in status

    slurm.set_nodes("DRAIN")
    assert submit(slurm, tmp_path).returncode == 0
    waits = "waits in the queue (Nodes required for job are DOWN, DRAINED"
    wait_for(lambda: waits in potash(slurm, tmp_path, "status", "c").stdout, PATIENCE, "status does not say so")
    slurm.set_nodes("RESUME")
    kept = calls(tmp_path)
    wait_for(lambda: calls(tmp_path) > kept, PATIENCE, "nothing goes on")
    running = next(job for job, state in slurm.queue().items() if state == "RUNNING")
    slurm.lose(slurm.place(running))
    wait_for(lambda: "Restarts=1" in slurm.call("scontrol", "show", "job", running), PATIENCE, "it is not put back")

    def restarted() -> bool:
        # Slurm would wait for two minutes; asked again, lest the first time came too early.
        slurm.call("scontrol", "update", f"JobId={running}", "StartTime=now")
        told = slurm.call("scontrol", "show", "job", running)
        return "JobState=RUNNING" in told or "JobState=COMPLETED" in told

    wait_for(restarted, PATIENCE, lambda: f"the job is not started again: {slurm.told()}")
    ends(slurm)
    assert state(tmp_path)["jobs"] == [running], output(tmp_path)
    assert state(tmp_path)["ended"] == "done", output(tmp_path)
    assert_whole(tmp_path)


def test_what_two_allocations_have_in_common_is_calculated_once(slurm: SlurmCluster, tmp_path: Path) -> None:
    lines = "".join(f"  - {{kind: bulk, phase: Cu, id: {name}}}\n" for name in "ab")
    (tmp_path / "c.yaml").write_text(f"campaign: c\nengine: emt\nstudies:\n{lines}")
    profile(tmp_path, "cores: 1")
    assert submit(slurm, tmp_path, "--allocations", "2").returncode == 0
    ends(slurm)
    assert [state(tmp_path, number)["ended"] for number in (1, 2)] == ["done", "done"], output(tmp_path)
    assert output(tmp_path).count("finished  ") == 1
    assert_whole(tmp_path)


@pytest.mark.parametrize(
    ("lines", "count", "words"),
    [
        (["walltime: 00:01:00", "stop: 00:00:59"], 2, "the end of the walltime is near"),
        (["scratch: /proc/none"], 3, "this node has no scratch at /proc/none"),
    ],
    ids=["a walltime too short", "a node without scratch"],
)
def test_jobs_that_add_nothing_are_not_submitted_for_ever(
    lines: list[str], count: int, words: str, slurm: SlurmCluster, tmp_path: Path
) -> None:
    (tmp_path / "c.yaml").write_text(SMALL)
    profile(tmp_path, *lines)
    assert submit(slurm, tmp_path).returncode == 0
    ends(slurm)
    assert state(tmp_path)["ended"] == "stuck", output(tmp_path)
    assert len(state(tmp_path)["jobs"]) == count
    assert words in output(tmp_path)
    assert "its jobs added no force call" in potash(slurm, tmp_path, "status", "c").stdout


@pytest.mark.parametrize(("place", "memory"), [("slurm", 250), ("strict", 130)])
def test_a_job_killed_for_its_memory_is_followed_by_one_with_more(
    place: str, memory: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    slurm: SlurmCluster = request.getfixturevalue(place)
    (tmp_path / "c.yaml").write_text(f"{SMALL}    resources: {{memory: {memory}M}}\n")
    profile(tmp_path, "cores: 1", "memory: 2G")
    assert submit(slurm, tmp_path).returncode == 0
    ends(slurm)
    assert state(tmp_path)["ended"] == "done", output(tmp_path)
    assert state(tmp_path)["memory"] > memory
    assert "most likely for its memory" in output(tmp_path)
    assert_whole(tmp_path)


def test_a_calculation_that_is_killed_goes_on_in_a_job_with_more_memory(slurm: SlurmCluster, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(SMALL)
    profile(tmp_path, "cores: 1")
    assert submit(slurm, tmp_path).returncode == 0

    def given_up() -> bool:
        for pid in workers(slurm):  # once is not enough: the calculation starts again in the same job
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return "a process of 1 of the studies was killed" in output(tmp_path)

    wait_for(given_up, PATIENCE, "no calculation begins, or the job goes on without one")
    ends(slurm)
    assert state(tmp_path)["ended"] == "done", output(tmp_path)
    assert_whole(tmp_path)


def test_what_failed_is_tried_again_where_it_was_handed_to(slurm: SlurmCluster, tmp_path: Path) -> None:
    """With a structure file from another folder, which the jobs may read as well."""
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    bulk("Cu").write(tmp_path / "there" / "cu.xyz")
    campaign = "campaign: c\nengine: emt\nstudies:\n  - {kind: bulk, phase: {file: ../there/cu.xyz}, id: cu}\n"
    (tmp_path / "here" / "c.yaml").write_text(campaign)
    profile(tmp_path / "here", "cores: 1")
    folder = tmp_path / "here"
    refused = submit(slurm, folder)
    assert refused.returncode == 2
    assert "--files" in refused.stderr
    assert submit(slurm, folder, "--files", str(tmp_path / "there")).returncode == 0
    ends(slurm)
    assert_whole(folder)
    (result,) = folder.glob("c/vault/*/*/result.json")
    result.rename(result.with_name("failure.json"))
    result.with_name("failure.json").write_text(json.dumps({"reason": "F010: forces exploded"}))
    assert submit(slurm, folder, "--files", str(tmp_path / "there")).returncode == 0
    ends(slurm)
    assert "F010" in potash(slurm, folder, "status", "c").stdout
    again = potash(slurm, folder, "rerun", "c")
    assert again.returncode == 0, again.stderr
    assert "--to slurm --dir c'" in again.stdout
    assert submit(slurm, folder, "--files", str(tmp_path / "there")).returncode == 0
    ends(slurm)
    assert_whole(folder)


def workers(slurm: SlurmCluster) -> list[int]:
    """Give the processes of calculations in the cluster's jobs."""
    conf = f"SLURM_CONF={slurm.variables['SLURM_CONF']}".encode()
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if b"potash.calcs." in _read(pid, "cmdline") and conf in _read(pid, "environ")]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
