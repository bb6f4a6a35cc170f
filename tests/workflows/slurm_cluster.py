"""A real Slurm on this machine, for tests: munged, slurmctld and two slurmd in a folder of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "setpriv")
COUNT = 2
GROUPS = Path("/sys/fs/cgroup/memory")

CONF = """\
ClusterName=potash
SlurmctldHost={host}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldPort={port}
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=10
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
AccountingStorageType=accounting_storage/none
PartitionName=tests Nodes=ALL Default=YES MaxTime=60 State=UP
{memory}
{nodes}
"""
#: By the kernel, as most clusters do: it kills the largest process, and the job lives on.
BY_KERNEL = "TaskPlugin=task/cgroup\nJobAcctGatherType=jobacct_gather/none"
#: By Slurm's own count, once a second: it kills the job.
BY_COUNT = (
    "TaskPlugin=task/none\nJobAcctGatherType=jobacct_gather/linux\n"
    "JobAcctGatherFrequency=task=1\nJobAcctGatherParams=OverMemoryKill"
)


class SlurmCluster:
    """Two nodes of two cores, both this machine.

    Parameters
    ----------
    memory
        `BY_KERNEL` or `BY_COUNT`: how memory is limited.
    """

    def __init__(self, memory: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}
        self.variables = {"SLURM_CONF": str(self.folder / "slurm.conf")}
        ports = _free_ports(1 + COUNT)
        self.names = [f"potash{port}" for port in ports[1:]]
        nodes = "\n".join(
            f"NodeName={name} NodeHostname={socket.gethostname()} Port={port} CPUs=2 RealMemory=3000"
            for name, port in zip(self.names, ports[1:], strict=True)
        )
        (self.folder / "state").mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        text = CONF.format(host=socket.gethostname(), folder=self.folder, port=ports[0], memory=memory, nodes=nodes)
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes\nMinRAMSpace=1\n")

    def start(self) -> None:
        """Start the daemons; they end with this process, whatever happens to it."""
        here = self.folder
        munged = ["munged", "--foreground", "--force", f"--socket={here}/munge.socket", f"--key-file={here}/munge.key"]
        munged += [f"--{name}-file={here}/munged.{name}" for name in ("pid", "log", "seed")]
        self._start("munged", munged)
        wait_for((here / "munge.socket").exists, 30, "munged does not start")
        self._start("slurmctld", ["slurmctld", "-D", "-c"])
        for node in self.names:
            self._start(node, ["slurmd", "-D", "-N", node])
        self._wait_until_idle()

    def _wait_until_idle(self) -> None:
        wait_for(lambda: self.call("sinfo", "-h", "-N", "-o", "%T").split() == ["idle"] * COUNT, 60, "no idle nodes")

    def _start(self, name: str, words: list[str]) -> None:
        with (self.folder / f"{name}.out").open("w") as out:
            self.daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *words],
                env={**os.environ, **self.variables},
                stdout=out,
                stderr=out,
            )

    def stop(self) -> None:
        """Cancel all jobs, stop the daemons, and leave nothing behind."""
        try:
            self.clear()
        finally:
            for daemon in reversed(self.daemons.values()):
                daemon.terminate()
            for daemon in self.daemons.values():
                try:
                    daemon.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    daemon.kill()
            for node in self.names:
                wait_for(lambda node=node: _removed(GROUPS / f"slurm_{node}"), 30, "a job's processes live on")
            shutil.rmtree(self.folder, ignore_errors=True)

    def clear(self) -> None:
        """Cancel all jobs and resume all nodes, whatever a test has left."""
        self.call("scancel", "--state=PENDING", "--user=root")
        self.call("scancel", "--user=root")
        wait_for(lambda: not self.queue(), 60, "jobs do not end")
        for node in self.names:
            if self.daemons[node].poll() is not None:
                self._start(node, ["slurmd", "-D", "-N", node])
        states = self.call("sinfo", "-h", "-N", "-o", "%N %T").split()
        for node, state in zip(states[::2], states[1::2], strict=True):
            if state.startswith(("down", "drain")):
                self.set_nodes("RESUME", node)
        self._wait_until_idle()

    def lose(self, node: str) -> None:
        """Take the power from a node: all that runs there is killed at once, and Slurm is told that it is down."""
        jobs = self.call("squeue", "-h", "-w", node, "-o", "%i").split()
        self.daemons[node].kill()
        self.daemons[node].wait()
        for job in jobs:  # what watches over a job first, lest it tell how the job ended
            subprocess.run(["pkill", "-KILL", "-f", rf"^slurmstepd: \[{job}\."], check=False)
        place = f"\0SLURMD_NODENAME={node}\0".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended meanwhile
                if place in b"\0" + (process / "environ").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
        self.set_nodes("DOWN", node)

    def call(self, *words: str) -> str:
        """Give what one of Slurm's commands prints."""
        done = subprocess.run(
            words, env={**os.environ, **self.variables}, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout

    def queue(self) -> dict[str, str]:
        """Give the states of the jobs in the queue."""
        rows = [line.split("|") for line in self.call("squeue", "-h", "-o", "%i|%T").splitlines()]
        return {job: state for job, state, *_ in rows}

    def told(self) -> str:
        """Give what Slurm says of the jobs in its queue and of its nodes, and the last that its daemons wrote."""
        said = [self.call("squeue", "-h", "-o", "%i %T %r %N"), self.call("sinfo", "-h", "-N", "-o", "%N %T %E")]
        for name in ("slurmctld", *self.names):
            said += [f"{name}:", *(self.folder / f"{name}.out").read_text().splitlines()[-8:]]
        return "\n".join(said)

    def place(self, job: str) -> str:
        """Give the node that a job runs on."""
        return self.call("squeue", "-h", "-j", job, "-o", "%N").strip()

    def set_nodes(self, state: str, *names: str) -> None:
        """Drain, resume or take down nodes: all, or those named."""
        for node in names or self.names:
            self.call("scontrol", "update", f"NodeName={node}", f"State={state}", "Reason=tests")


def cluster(memory: str) -> SlurmCluster:
    """Make a cluster, or skip the test with the reason."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if lacking:
        pytest.skip(f"no {', '.join(lacking)} here: apt-get install slurm-wlm munge")
    if os.geteuid() != 0:
        pytest.skip("only root can start slurmd")
    if memory == BY_KERNEL and not os.access(GROUPS / "memory.limit_in_bytes", os.R_OK):
        pytest.skip("no memory controller of cgroups v1 here")
    made = SlurmCluster(memory)
    try:
        made.start()
    except BaseException:
        made.stop()
        raise
    return made


def wait_for(happened: Callable[[], object], seconds: float, otherwise: str | Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, otherwise if isinstance(otherwise, str) else otherwise()
        time.sleep(0.1)


def _removed(group: Path) -> bool:
    """Remove a control group with those in it, as far as the kernel has let go of them."""
    for each in sorted(group.glob("**/"), reverse=True) if group.exists() else []:
        try:
            each.rmdir()
        except OSError:
            return False
    return True


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
