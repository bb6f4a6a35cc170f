"""Workers that stay, with real processes that really die."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ase import Atoms
from ase.build import bulk

from potash.calcs import pool
from potash.calcs.calculation import Calculation
from potash.calcs.engine import engine
from potash.calcs.site import Cores, Event, Site
from potash.calcs.vault import Vault
from potash.errors import CalculationFailed
from potash.structures.encoding import encode

#: The one call that `copper(0.0)` needs, in an engine that took 2 s for it.
RECORDED = """1
Lattice="0.0 1.8 1.8 1.8 0.0 1.8 1.8 1.8 0.0" Properties=species:S:1:pos:R:3:forces:R:3 pbc="T T T" energy=0.0 free_energy=0.0 seconds=2.00
Cu 0.0 0.0 0.0 0.0 0.0 0.0
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(Vault(tmp_path / "vault"), Cores(1))
    yield made
    made.pool.close()


def relaxation(atoms: Atoms, steps: int = 1) -> Calculation:
    return Calculation(
        task="relax", atoms=(encode(atoms),), engine="emt", version=engine("emt").version(), settings={},
        options={"force": 1e-5, "steps": steps},
    )  # fmt: skip


def copper(strain: float) -> Calculation:
    return relaxation(bulk("Cu", a=3.6 * (1 + strain)))


def long() -> Calculation:
    """A relaxation of minutes."""
    atoms = bulk("Cu", cubic=True) * (4, 4, 4)
    atoms.rattle(0.2, seed=1)
    return relaxation(atoms, steps=500)


def idle(site: Site) -> list[int]:
    return [worker.pid for worker in site.pool._idle]


def test_one_process_makes_calculation_after_calculation(site: Site) -> None:
    first = site.perform(copper(0.0), "first")
    worker = idle(site)
    assert len(worker) == 1
    assert site.perform(copper(0.01), "second")["energy"] != first["energy"]
    assert idle(site) == worker
    site.pool.close()
    assert not Path(f"/proc/{worker[0]}").exists()


def test_a_failed_calculation_takes_its_worker_along_and_leaves_its_words(site: Site) -> None:
    site.perform(copper(0.0), "copper")
    before = idle(site)
    potassium = relaxation(bulk("K"))
    with pytest.raises(CalculationFailed, match=r"worker\.err"):
        site.perform(potassium, "potassium")
    assert idle(site) == []
    assert "NotImplementedError" in (site.vault.folder(potassium.key) / "worker.err").read_text()
    assert (site.vault.folder(copper(0.0).key) / "worker.err").read_text() == ""
    site.perform(copper(0.01), "copper again")
    assert idle(site) != before


def test_a_worker_that_died_while_it_waited_is_replaced(site: Site) -> None:
    site.perform(copper(0.0), "copper")
    (worker,) = idle(site)
    os.kill(worker, signal.SIGSTOP)  # so that it dies only when it was asked
    killer = threading.Timer(1.0, os.kill, (worker, signal.SIGKILL))
    killer.start()
    assert site.perform(copper(0.01), "copper again")["calls"] == 1
    killer.join()
    assert idle(site) != [worker]


def test_kill_9_takes_the_calculation_under_way_alone(site: Site) -> None:
    site.perform(copper(0.0), "copper")
    (worker,) = idle(site)
    at_work, again = threading.Event(), threading.Event()
    seen = [0]

    def listen(event: Event) -> None:
        if not at_work.is_set():
            seen[0] = event.calls
        if event.calls >= 2:
            at_work.set()
        if event.calls > seen[0] + 5:
            again.set()

    def kill() -> None:
        at_work.wait(120)
        os.kill(worker, signal.SIGKILL)
        again.wait(120)
        site.stopping.set()

    site.listen = listen
    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(CalculationFailed, match="stopped"):
        site.perform(long(), "long")
    killer.join()
    assert again.is_set(), "another worker went on"
    assert worker not in idle(site)
    assert site.vault.failure(long().key) is None, "to be killed is no fault of the calculation"
    site.stopping.clear()
    site.perform(copper(0.01), "copper again")


def test_stopping_ends_the_worker_at_its_calculation(site: Site) -> None:
    def stop() -> None:
        folder = site.vault.folder(long().key)
        deadline = time.monotonic() + 120
        while not (folder / "calls.xyz").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        site.stopping.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(CalculationFailed, match="stopped"):
        site.perform(long(), "long")
    stopper.join()
    assert len(idle(site)) == 1, "it stopped between two force calls, and waits for another calculation"
    assert site.vault.result(long().key) is None


def test_after_so_many_calculations_a_worker_is_replaced(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST", 2)
    seen: list[list[int]] = []
    for number in range(4):
        site.perform(copper(0.001 * number), "copper")
        seen.append(idle(site))
    assert seen[1] == seen[3] == []
    assert seen[0] != seen[2]


def test_a_workers_own_variables_come_with_each_calculation(site: Site, tmp_path: Path) -> None:
    calculation = copper(0.0)
    site.vault.claim(calculation, site.vault.lease(calculation.key))
    folder = site.vault.folder(calculation.key)
    spent = []
    for cores in ("1", "7"):  # a worker on seven cores reports seven times the core-seconds
        (folder / "result.json").unlink(missing_ok=True)
        (folder / "calls.xyz").write_text(RECORDED)
        worker = site.pool.start(folder, tmp_path, {**os.environ, "OMP_NUM_THREADS": "1", "POTASH_CORES": cores})
        assert worker.wait(120) == 0
        site.pool.back(worker)
        result = site.vault.result(calculation.key)
        assert result is not None
        spent.append(result["core_seconds"])
    assert spent[1] == pytest.approx(7 * spent[0])
    assert len(idle(site)) == 1
