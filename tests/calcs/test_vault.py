"""The vault: one holder at a time, dead ones lose, results whole or not at all."""

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from ase import Atoms

from potash.calcs import vault as module
from potash.calcs.calculation import Calculation
from potash.calcs.processes import alive, identity
from potash.calcs.vault import Vault, write
from potash.structures.encoding import encode

spawn = multiprocessing.get_context("fork")


def made(number: int = 0) -> Calculation:
    atoms = Atoms("Cu", [[0.1 * number, 0, 0]])
    return Calculation(task="relax", atoms=(encode(atoms),), engine="emt", version="1", settings={}, options={})


def compete(root: Path, rounds: int, barrier: Any, won: Any) -> None:
    vault = Vault(root)
    for number in range(rounds):
        barrier.wait()
        if vault.claim(made(number)):
            won.append((number, os.getpid()))
        barrier.wait()


def test_of_several_processes_exactly_one_wins(tmp_path: Path) -> None:
    count, rounds = 3, 60
    with spawn.Manager() as manager:
        won = manager.list()
        barrier = spawn.Barrier(count)
        processes = [spawn.Process(target=compete, args=(tmp_path, rounds, barrier, won)) for _ in range(count)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
            assert process.exitcode == 0
        winners = list(won)
    assert sorted(number for number, _ in winners) == list(range(rounds))


def claim_and_die(root: Path) -> None:
    assert Vault(root).claim(made())
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_dead_holder_loses_its_lease(tmp_path: Path) -> None:
    process = spawn.Process(target=claim_and_die, args=(tmp_path,))
    process.start()
    process.join(20)
    assert process.exitcode == -signal.SIGKILL
    vault, key = Vault(tmp_path), made().key
    assert (vault.folder(key) / "lease.json").exists()
    assert vault.holder(key) is None
    assert vault.claim(made())
    assert vault.holder(key) == identity()


def hold(root: Path, ready: Any) -> None:
    assert Vault(root).claim(made())
    ready.set()
    time.sleep(60)


def test_a_living_holder_keeps_its_lease_and_a_killed_one_does_not(tmp_path: Path) -> None:
    ready = spawn.Event()
    process = spawn.Process(target=hold, args=(tmp_path, ready))
    process.start()
    assert ready.wait(20)
    vault, key = Vault(tmp_path), made().key
    assert vault.holder(key) == identity(process.pid)
    assert not vault.claim(made())
    process.kill()
    process.join(20)
    assert vault.claim(made())


def test_a_later_process_with_the_same_number_is_another(tmp_path: Path) -> None:
    vault, key = Vault(tmp_path), made().key
    vault.claim(made())
    host, pid, started = identity().rsplit(":", 2)
    write(vault.folder(key) / "lease.json", {"holder": f"{host}:{pid}:{int(started) - 1}", "since": 0})
    assert vault.holder(key) is None


def test_a_lease_from_another_host_lasts_while_it_is_renewed(tmp_path: Path) -> None:
    vault, key = Vault(tmp_path), made().key
    vault.claim(made())
    lease = vault.folder(key) / "lease.json"
    write(lease, {"holder": "elsewhere:1:2", "since": 0})
    assert alive("elsewhere:1:2") is None
    assert vault.holder(key) == "elsewhere:1:2"
    assert not vault.claim(made())
    os.utime(lease, (0, time.time() - module.LEASE - 1))
    assert vault.holder(key) is None
    vault.renew(key)
    assert vault.holder(key) == "elsewhere:1:2"


def test_the_same_process_does_not_claim_twice(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    assert vault.claim(made())
    assert not vault.claim(made())
    vault.release(made().key)
    assert vault.holder(made().key) is None
    assert vault.claim(made())


def test_what_was_asked_lies_beside_the_result(tmp_path: Path) -> None:
    vault, calculation = Vault(tmp_path), made()
    vault.claim(calculation)
    stored = json.loads((vault.folder(calculation.key) / "calculation.json").read_text())
    assert Calculation.model_validate(stored).key == calculation.key == vault.folder(calculation.key).name


def test_an_empty_vault_says_so_and_makes_nothing(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    assert vault.result("ab12") is vault.failure("ab12") is vault.holder("ab12") is None
    assert not vault.root.exists()


def test_results_and_failures(tmp_path: Path) -> None:
    vault, key = Vault(tmp_path), made().key
    vault.claim(made())
    vault.fail(key, "the cell exploded")
    (vault.folder(key) / "calls.xyz").write_text("1\n")
    assert vault.failure(key) == "the cell exploded"
    vault.forgive(key)
    vault.forgive(key)
    assert vault.failure(key) is None
    assert (vault.folder(key) / "calls.xyz").exists()
    vault.finish(key, {"energy": -1.0})
    assert vault.result(key) == {"energy": -1.0}


def rewrite(root: Path, seed: int) -> None:
    number = seed
    while True:
        number += 1
        Vault(root).finish(made().key, {"number": number, "rows": [number] * 20000})
        Vault(root).fail(made().key, f"{number} " * 2000)


@pytest.mark.parametrize("seed", range(3))
def test_a_reader_sees_whole_results_whenever_the_writer_is_killed(seed: int, tmp_path: Path) -> None:
    vault, key = Vault(tmp_path), made().key
    vault.claim(made())
    process = spawn.Process(target=rewrite, args=(tmp_path, seed))
    process.start()
    seen = set()
    until = time.monotonic() + 0.5 + 0.1 * seed
    while time.monotonic() < until:
        if (result := vault.result(key)) is not None:
            assert result["rows"] == [result["number"]] * 20000
            seen.add(result["number"])
        if (reason := vault.failure(key)) is not None:
            assert len(set(reason.split())) == 1
    process.kill()
    process.join(20)
    assert len(seen) > 1
    last = vault.result(key)
    assert last is not None
    assert last["rows"] == [last["number"]] * 20000


def test_what_cannot_be_written_leaves_the_old_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write(path, {"a": 1})
    with pytest.raises(TypeError):
        write(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]
