"""Hundreds of hostile files, each to the reader that it is meant for: one sentence, no traceback, nothing written."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from potash.calcs.calculation import Calculation
from potash.calcs.calls import CallLog, count_calls
from potash.calcs.site import Cores, Site
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.errors import BadInput, CalculationFailed
from potash.show.status import describe
from potash.structures.encoding import encode
from potash.structures.phases import phase
from potash.workflows import planning
from potash.workflows.build import build
from potash.workflows.ledger import Ledger
from potash.workflows.store import SqliteStore
from tests.conftest import Run
from tests.hostile.readers import is_a_sentence, refusal

CORPUS = Path(__file__).parent / "corpus"
EMT = "campaign: t\nengine: emt\nstudies:\n  - {kind: bulk, phase: Cu}\n"


def names(reader: str) -> list[str]:
    return sorted(path.name for path in (CORPUS / reader).iterdir())


def test_there_are_five_hundred() -> None:
    assert sum(len(names(reader)) for reader in ("campaign", "structure", "vault")) >= 500


@pytest.mark.parametrize("reader", ["campaign", "structure"])
def test_what_is_refused_is_refused_in_one_sentence(reader: str) -> None:
    wrong = {}
    for name in names(reader):
        said = refusal(reader, name, (CORPUS / reader / name).read_bytes())
        if said is None or not is_a_sentence(said) or f"./{name}" not in said:
            wrong[name] = said
    assert not wrong


def test_keys_and_tags_that_name_a_class_are_refused_as_such() -> None:
    ends = ("-class.yaml", "-callable.yaml", "-object.yaml", "-set.yaml")
    told = [name for name in names("campaign") if name.endswith(ends)]
    assert len(told) > 30
    for name in told:
        said = refusal("campaign", name, (CORPUS / "campaign" / name).read_bytes())
        assert said is not None, name
        assert "asks to build an object" in said, name


@pytest.mark.parametrize(
    "name", ["w-bomb.yaml", "w-outside-proc.yaml", "bulk-phase-escape.yaml", "bulk-campaign-object.yaml"]
)
def test_the_command_line_says_the_same(name: str, potash: Run, tmp_path: Path) -> None:
    shutil.copy(CORPUS / "campaign" / name, tmp_path / name)
    for command in ("plan", "run"):
        ran = potash(command, name)
        assert ran.returncode == 2
        assert ran.stdout == ""
        assert ran.stderr.startswith("potash: ")
        assert ran.stderr.count("\n") == 1
        assert "\x1b" not in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


@cache
def asked() -> Calculation:
    from potash.workflows.jobs import resolve

    recipe = {"engine": "emt", "protocol": "fast", "settings": {}, "task": "relax", "options": {}}
    return resolve(recipe, [encode(phase("Cu"))])


@pytest.mark.parametrize("place", ["result", "failure", "calculation"])
def test_rubbish_in_a_vault_is_no_result_or_a_failure_in_one_sentence(place: str, tmp_path: Path) -> None:
    for name in [name for name in names("vault") if name.endswith(f".{place}.json")]:
        vault = Vault(tmp_path / name)
        folder = vault.folder(asked().key)
        folder.mkdir(parents=True)
        shutil.copy(CORPUS / "vault" / name, folder / f"{place}.json")
        assert vault.holder(asked().key) is None
        if vault.result(asked().key) is None and vault.failure(asked().key) is None:
            assert vault.claim(asked(), vault.lease(asked().key)), name
            written = json.loads((folder / "calculation.json").read_text(encoding="utf-8"))
            assert Calculation.model_validate(written).key == asked().key
        else:
            with pytest.raises(CalculationFailed) as caught:
                Site(vault, Cores(1)).perform(asked(), "t: x")
            assert is_a_sentence(str(caught.value)), name


def test_a_vault_that_names_a_class_holds_no_result(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    assert vault.claim(asked(), vault.lease(asked().key))
    for key in ("@module", "\\u0040module"):
        text = f'{{"calls": 1, "core_seconds": 1.0, "energy": {{"{key}": "antigravity", "@callable": "x"}}}}'
        (vault.folder(asked().key) / "result.json").write_text(text)
        assert vault.result(asked().key) is None


def test_force_calls_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    shutil.copy(CORPUS / "vault" / "columns.calls.xyz", tmp_path / "calls.xyz")
    with pytest.raises(BadInput, match="cannot be read; move the file away to begin anew"):
        CallLog(tmp_path / "calls.xyz", writable=False)


def test_rubbish_among_the_force_calls(tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    for name in [name for name in names("vault") if name.endswith("calls.xyz")]:
        shutil.copy(CORPUS / "vault" / name, path)
        count = count_calls(path)
        with suppress(BadInput):  # `test_force_calls_that_cannot_be_read_are_told`
            log = CallLog(path, writable=True)
            log.close()
            assert len(log.frames) == count, name
            assert len(CallLog(path, writable=False).frames) == count, "what was cut off the end stays away"


def test_rubbish_for_a_plan(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(EMT)
    entries = planning.plan(build(load(tmp_path / "t.yaml")), Vault(tmp_path / "vault"))
    for name in [name for name in names("vault") if name.endswith(".plan.json")]:
        shutil.copy(CORPUS / "vault" / name, tmp_path / "plan.json")
        said = planning.changes(entries, tmp_path)
        assert len(said) == 1, name
        assert "no plan that can be read" in said[0], name


DATABASES = {
    "text": "hello",
    "nothing": "",
    "another": "CREATE TABLE x (y);",
    "fewer columns": "CREATE TABLE project (name); CREATE TABLE studies (id); CREATE TABLE calculations (key);",
    "result": "INSERT INTO studies VALUES ('a', 1, 'bulk', 'done', NULL, '[1');",
    "other result": "INSERT INTO studies VALUES ('a', 1, 'bulk', 'done', NULL, '3');",
    "types": "INSERT INTO calculations VALUES ('k', 's', 'l', 'running', 'many', 'x', 'y', 'z');",
    "blobs": "INSERT INTO calculations VALUES (x'00', x'ff', x'fe', 'running', 1, 1.0, x'00', NULL);",
}


def read_all(folder: Path) -> None:
    ledger = Ledger(folder)
    describe(ledger)
    list(ledger.each_result())


@pytest.mark.parametrize("what", DATABASES)
def test_a_database_that_is_none_of_ours(what: str, tmp_path: Path, potash: Run) -> None:
    path = tmp_path / "potash.sqlite"
    sql = DATABASES[what]
    if "(" not in sql:
        path.write_text(sql)
    else:
        if "INSERT" in sql:
            Ledger(tmp_path, make=True).close()
            sql += "INSERT INTO project VALUES ('t', 't.yaml', NULL, NULL);"
        with sqlite3.connect(path) as file:
            file.executescript(sql)
        file.close()
    with pytest.raises(BadInput) as caught:
        read_all(tmp_path)
    assert is_a_sentence(str(caught.value))
    assert str(path) in str(caught.value)
    assert "move it away" in str(caught.value)


@pytest.mark.parametrize("sql", ["hello", "CREATE TABLE outputs (x);"])
def test_a_store_of_jobs_that_is_none(sql: str, tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    if sql == "hello":
        path.write_text(sql)
    else:
        with sqlite3.connect(path) as file:
            file.executescript(sql)
        file.close()
    with pytest.raises(BadInput, match="no store of jobs, or damaged") as caught:
        SqliteStore(path).connect()
    assert is_a_sentence(str(caught.value))


def test_codes_for_the_terminal_are_shown_as_letters(tmp_path: Path, potash: Run) -> None:
    ledger = Ledger(tmp_path, make=True)
    ledger.begin("\x1b[31mt", tmp_path / "t\x07.yaml", [("a", "bulk")], {})
    ledger.study("a", "failed", "\x1b]0;owned\x07")
    ledger.close()
    told = potash("status", ".")
    assert told.returncode == 0, told.stderr
    assert not {"\x1b", "\x07"} & set(told.stdout)
    assert "\\x1b]0;owned\\x07" in told.stdout
