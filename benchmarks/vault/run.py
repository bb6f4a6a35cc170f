"""The vault under fire: ``python benchmarks/vault/run.py``; ends with 1 where anything went wrong.

Two coordinators run one campaign over one vault, on one machine or (``--hosts``, as root) in two namespaces with host names
and process numbers of their own. They and their workers are killed with -9, paused past the lease, and their clocks jump.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from check import Found, faults
from hosts import Host

A_STUDY = 10


@dataclass
class Trial:
    """What is done to the hosts, paced by the results: the last disturbance comes before the last calculations."""

    folder: Path
    hosts: list[Host]
    calculations: int
    disturbances: int
    lease: float
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    wrong: list[str] = field(default_factory=list)
    finished: Counter[str] = field(default_factory=Counter)

    def go(self) -> None:
        """Restart what ends, disturb and ask, until both hosts have finished the campaign."""
        looked = time.monotonic()
        while True:
            for host in self.hosts:
                if host.ended() and host.code == 2:
                    raise SystemExit((self.folder / f"{host.name}.log").read_text())
                if host.ended() and host.code != 0:
                    host.start()
            if all(host.ended() and host.code == 0 for host in self.hosts):
                return
            count = self.results()
            made = self.done.total()
            if made < self.disturbances and made <= self.disturbances * count / (0.95 * self.calculations):
                self.disturb()
            if time.monotonic() - looked > 5:
                self.ask(self.dice.choice(self.hosts))
                looked = time.monotonic()
            time.sleep(self.dice.uniform(0.05, 0.3))

    def results(self) -> int:
        """Count the results."""
        return sum(1 for _ in self.folder.glob("vault/*/*/result.json"))

    def disturb(self) -> None:
        """Do one thing to one host."""
        host = self.dice.choice(self.hosts)
        coordinator, workers = host.coordinator(), host.workers()
        if coordinator is None or not workers:
            return
        what = self.dice.choices(["worker killed", "coordinator killed", "paused", "clock"], [4, 2, 3, 3])[0]
        if what == "worker killed":
            self.done[what] += host.kill(self.dice.choice(workers))
        elif what == "coordinator killed":
            self.done[what] += host.kill(coordinator)
            if self.dice.random() < 0.2:
                assert host.process is not None
                host.process.wait()
                self.ask(host)
        elif what == "paused":
            which = self.dice.choice(["host paused", "worker paused", "coordinator paused"])
            host.pause({"host paused": [coordinator, *workers], "worker paused": workers}.get(which, [coordinator]))
            time.sleep(self.lease * self.dice.uniform(1.2, 1.8))
            host.wake()
            self.done[which] += 1
        else:
            which = self.dice.choice(["clock of a host jumped", "clock of the file server jumped"])
            if which == "clock of a host jumped":
                host.clock.write_text(str(self.dice.choice([-1, 1]) * self.dice.uniform(60, 86400)))
            else:
                self.shift()
            self.done[which] += 1

    def shift(self) -> None:
        """Let all leases look as they would after the file server's clock jumped."""
        jump = self.dice.choice([-1, 1]) * self.dice.uniform(60, 86400)
        for path in [*self.folder.glob("vault/*/*/lease-*"), *self.folder.glob("*/.lock-*")]:
            try:
                then = path.stat().st_mtime + jump
                os.utime(path, (then, then))
            except FileNotFoundError:
                continue

    def ask(self, host: Host) -> None:
        """Ask for the status, and compare it with what was so all the while."""
        before = host.coordinator(), host.workers(), host.starts
        if not (host.project / "potash.sqlite").exists():
            return
        try:
            told = host.status()
        except Exception as error:
            self.wrong.append(f"status failed: {error}")
            return
        if "calculations finished" not in told:
            return
        after = host.coordinator(), host.workers(), host.starts
        self.asked += 1
        line = next(line for line in told.splitlines() if "calculations finished" in line).split()
        finished, at_work = int(line[0]), int(line[-3])
        if not self.finished[host.name] <= finished <= self.results():
            self.wrong.append(f"{finished} finished, after {self.finished[host.name]}, with {self.results()} results")
        self.finished[host.name] = finished
        if before[0] is None and after[0] is None and before[2] == after[2] and at_work:
            self.wrong.append(f"{host.name} is dead, and the status says {at_work} at work")
        same = before[0] is not None and before[0] == after[0] and set(before[1]) & set(after[1])
        if same and at_work != 1:
            self.wrong.append(f"{host.name} is at one calculation, and the status says {at_work} at work")


def campaign(folder: Path, calculations: int) -> None:
    """Write the campaign: cells of copper, each begun at another volume."""
    from ase.build import bulk

    rows = []
    for first in range(0, calculations, A_STUDY):
        names = [f"cu-{number:04}.xyz" for number in range(first, min(first + A_STUDY, calculations))]
        for number, name in enumerate(names, first):
            bulk("Cu", a=3.5 + 0.2 * number / calculations).write(folder / name)
        listed = ", ".join(f"{{file: {name}}}" for name in names)
        rows.append(f"  - {{kind: polymorphs, id: s{first // A_STUDY}, phases: [{listed}]}}\n")
    (folder / "campaign.yaml").write_text("campaign: fire\nengine: emt\nstudies:\n" + "".join(rows))


def main() -> int:
    """Run the trial and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calculations", type=int, default=300)
    parser.add_argument("--disturbances", type=int, default=200)
    parser.add_argument("--lease", type=float, default=3.0, help="seconds")
    parser.add_argument("--hosts", action="store_true", help="two hosts that share a folder; needs root")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fire-"))
    campaign(folder, asked.calculations)
    hosts = [Host(name, folder, asked.lease, asked.hosts) for name in ("alpha", "beta")]
    trial = Trial(folder, hosts, asked.calculations, asked.disturbances, asked.lease, random.Random(asked.seed))
    began = time.monotonic()
    try:
        trial.go()
        for host in hosts:
            trial.ask(host)
    finally:
        for host in hosts:
            host.close()
    found: Found = faults(folder, asked.calculations, trial.done.total())
    wrong = [*trial.wrong, *found.wrong]
    rows = {
        "where": "two hosts, one shared folder" if asked.hosts else "one machine",
        **trial.done,
        "disturbances": trial.done.total(),
        "starts of coordinators": sum(host.starts for host in hosts),
        **found.counts,
        "status asked": trial.asked,
        "status wrong": len(trial.wrong),
        "minutes": round((time.monotonic() - began) / 60, 1),
    }
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    if wrong:
        print(f"all is kept in {folder}: {json.dumps(rows)}")
    else:
        shutil.rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
