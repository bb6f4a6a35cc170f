"""The vault: one holder at a time, results whole or not at all."""

import json
import multiprocessing
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from ase import Atoms

from potash.calcs.calculation import Calculation
from potash.calcs.vault import Vault, write
from potash.errors import BadInput
from potash.structures.encoding import encode

spawn = multiprocessing.get_context("fork")


def made(number: int = 0) -> Calculation:
    atoms = Atoms("Cu", [[0.1 * number, 0, 0]])
    return Calculation(task="relax", atoms=(encode(atoms),), engine="emt", version="1", settings={}, options={})


def compete(root: Path, rounds: int, barrier: Any, won: Any) -> None:
    vault = Vault(root)
    for number in range(rounds):
        barrier.wait()
        calculation = made(number)
        if vault.claim(calculation, vault.lease(calculation.key)):
            won.append((number, os.getpid()))
        barrier.wait()


def test_of_several_processes_exactly_one_wins(tmp_path: Path) -> None:
    count, rounds = 3, 60
    with spawn.Manager() as manager:
        won = manager.list()
        barrier = spawn.Barrier(count, timeout=60)
        processes = [spawn.Process(target=compete, args=(tmp_path, rounds, barrier, won)) for _ in range(count)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
            assert process.exitcode == 0
        winners = list(won)
    assert sorted(number for number, _ in winners) == list(range(rounds))


def test_what_was_asked_lies_beside_the_result(tmp_path: Path) -> None:
    vault, calculation = Vault(tmp_path), made()
    assert vault.claim(calculation, vault.lease(calculation.key))
    stored = json.loads((vault.folder(calculation.key) / "calculation.json").read_text())
    assert Calculation.model_validate(stored).key == calculation.key == vault.folder(calculation.key).name


def test_an_empty_vault_says_so_and_makes_nothing(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    assert vault.result("ab12") is vault.failure("ab12") is vault.holder("ab12") is None
    assert not vault.root.exists()


def test_results_and_failures(tmp_path: Path) -> None:
    vault, key = Vault(tmp_path), made().key
    assert vault.claim(made(), vault.lease(key))
    vault.fail(key, "the cell exploded")
    (vault.folder(key) / "calls.xyz").write_text("1\n")
    assert vault.failure(key) == "the cell exploded"
    vault.forgive(key)
    vault.forgive(key)
    assert vault.failure(key) is None
    assert (vault.folder(key) / "calls.xyz").exists()
    vault.finish(key, {"energy": -1.0})
    vault.finish(key, {"energy": -2.0})
    assert vault.result(key) == {"energy": -1.0}, "the first result stays"


def test_a_result_that_nobody_can_read_gives_way(tmp_path: Path) -> None:
    vault, key = Vault(tmp_path), made().key
    assert vault.claim(made(), vault.lease(key))
    (vault.folder(key) / "result.json").write_text('{"energy": -1.')
    vault.finish(key, {"energy": -2.0})
    assert vault.result(key) == {"energy": -2.0}


@pytest.mark.parametrize("done", [False, True])
def test_a_calculation_given_back_can_be_taken_again_and_a_finished_one_leaves_no_lease(
    done: bool, tmp_path: Path
) -> None:
    vault, key = Vault(tmp_path), made().key
    lease = vault.lease(key)
    assert vault.claim(made(), lease)
    if done:
        vault.finish(key, {"energy": -1.0})
    vault.release(key, lease)
    names = sorted(path.name for path in vault.folder(key).iterdir())
    assert names == (["calculation.json", "result.json"] if done else ["calculation.json", "lease-1"])
    assert vault.holder(key) is None
    assert vault.claim(made(), vault.lease(key))


def test_a_vault_on_a_read_only_folder_says_so_in_a_sentence(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    root.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(root)], capture_output=True).returncode:
        pytest.skip("only root can mount a folder that cannot be written")
    try:
        vault = Vault(root)
        for attempt in (vault.check, lambda: vault.claim(made(), vault.lease(made().key))):
            with pytest.raises(BadInput, match=r"Read-only file system.*mount it writable") as error:
                attempt()
            assert str(root) in str(error.value)
    finally:
        subprocess.run(["umount", "-l", str(root)], check=True)


def rewrite(root: Path, seed: int) -> None:
    number = seed
    while True:
        number += 1
        write(Vault(root).folder(made().key) / "result.json", {"number": number, "rows": [number] * 20000})
        Vault(root).fail(made().key, f"{number} " * 2000)


@pytest.mark.parametrize("seed", range(3))
def test_a_reader_sees_whole_results_whenever_the_writer_is_killed(seed: int, tmp_path: Path) -> None:
    vault, key = Vault(tmp_path), made().key
    assert vault.claim(made(), vault.lease(key))
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
