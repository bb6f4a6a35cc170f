"""The vault against a model of it: whatever several hosts do, in whatever order, one at most is at a calculation."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from potash.calcs import lease as module
from potash.calcs.lease import LEASE, Lease
from potash.calcs.vault import Vault
from tests.calcs.test_vault import made

HOSTS = ("anna", "berta", "carla")


@dataclass
class Host:
    """A host as the model knows it, and its lease as potash does."""

    lease: Lease
    paused: bool = False
    seen: tuple[int, int] | None = None
    since: float = 0.0


@dataclass
class Truth:
    """What must be so: who holds, by which claim; how often it gave a sign; what is in the folder."""

    holder: str | None = None
    claim: int = 0
    signs: int = 0
    result: int | None = None
    failure: str | None = None


class Machine(RuleBasedStateMachine):
    """Hosts share a folder: none knows whether the processes of another live, and all clocks lie."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.vault, self.calculation = Vault(self.folder), made()
        self.key = self.calculation.key
        self.now = 0.0
        self.number = itertools.count(1)
        self.truth = Truth()
        self.hosts = {name: Host(self.vault.lease(self.key)) for name in HOSTS}
        self.patches = [
            patch.object(module.time, "monotonic", lambda: self.now),
            patch.object(module, "alive", lambda name: None),
        ]
        for each in self.patches:
            each.start()

    def teardown(self) -> None:
        for each in self.patches:
            each.stop()
        shutil.rmtree(self.folder)

    def stamp(self) -> None:
        """Let the file server stamp the lease by a clock that jumps about, but never says the same twice."""
        for path in self.vault.folder(self.key).glob("lease-*"):
            os.utime(path, ns=(0, hash((next(self.number), "clock")) % 10**18))
        self.truth.signs += 1

    def gone(self, host: Host) -> bool:
        """Say whether this host, by its own steady clock, must think that the holder is gone."""
        if self.truth.holder is None:
            return True
        seen = (self.truth.claim, self.truth.signs)
        if host.seen != seen:
            host.seen, host.since = seen, self.now
        return self.now - host.since >= LEASE

    @rule(name=st.sampled_from(HOSTS))
    def claim(self, name: str) -> None:
        host = self.hosts[name]
        if host.paused:
            return
        expected = self.gone(host)
        assert self.vault.claim(self.calculation, host.lease) == expected
        if expected:
            self.truth.holder, self.truth.claim = name, next(self.number)
            self.stamp()

    @rule(name=st.sampled_from(HOSTS))
    def renew(self, name: str) -> None:
        host = self.hosts[name]
        if host.paused:
            return
        assert host.lease.renew() == (self.truth.holder == name)
        if self.truth.holder == name:
            self.stamp()

    @rule(
        name=st.sampled_from(HOSTS),
        parts=st.lists(st.sampled_from([0.1, 0.4, 0.6, 1.0]), max_size=4),
        renewed=st.booleans(),
    )
    def waits(self, name: str, parts: list[float], renewed: bool) -> None:
        host = self.hosts[name]
        for part in [0.0, *parts]:
            self.now += part * LEASE
            if renewed:
                self.stamp()
            if not host.paused:
                assert (host.lease.holder() is None) == self.gone(host)

    @rule(name=st.sampled_from(HOSTS))
    def pauses_or_wakes(self, name: str) -> None:
        self.hosts[name].paused = not self.hosts[name].paused

    @rule(name=st.sampled_from(HOSTS))
    def dies_and_another_process_begins(self, name: str) -> None:
        """Nobody can know it: its lease stays until it is over, for the new process of that host as well."""
        self.hosts[name] = Host(self.vault.lease(self.key))
        if self.truth.holder == name:
            self.truth.holder = "a dead one"

    @rule()
    def the_file_server_s_clock_jumps(self) -> None:
        self.stamp()

    @rule(name=st.sampled_from(HOSTS), result=st.integers(0, 9))
    def finishes(self, name: str, result: int) -> None:
        """Who lost the lease in the very moment of finishing finds that the first result stays."""
        if self.hosts[name].lease.claim is None or self.hosts[name].paused:
            return
        self.vault.finish(self.key, {"energy": result})
        if self.truth.result is None:
            self.truth.result = result

    @rule(name=st.sampled_from(HOSTS))
    def fails(self, name: str) -> None:
        if self.truth.holder == name:
            self.vault.fail(self.key, f"{name} failed")
            self.truth.failure = f"{name} failed"

    @rule()
    def a_person_forgives(self) -> None:
        self.vault.forgive(self.key)
        self.truth.failure = None

    @rule(name=st.sampled_from(HOSTS))
    def gives_back(self, name: str) -> None:
        host = self.hosts[name]
        if host.paused:
            return
        self.vault.release(self.key, host.lease)
        if self.truth.holder == name:
            self.truth.holder = None

    @precondition(lambda self: hasattr(self, "hosts"))
    @invariant()
    def one_holds_at_most_and_knows_it(self) -> None:
        holding = [name for name, host in self.hosts.items() if host.lease.held()]
        assert holding == [name for name in HOSTS if name == self.truth.holder]

    @precondition(lambda self: hasattr(self, "hosts"))
    @invariant()
    def the_folder_is_whole(self) -> None:
        result = self.vault.result(self.key)
        assert (None if result is None else result["energy"]) == self.truth.result
        assert self.vault.failure(self.key) == self.truth.failure
        names = {path.name for path in self.vault.folder(self.key).glob("*")}
        leases = {name for name in names if name.startswith("lease-")}
        assert len(leases) <= 1
        assert names - leases <= {"calculation.json", "result.json", "failure.json"}


TestVault = Machine.TestCase
TestVault.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
