"""What a project's ledger takes over from a LaunchPad."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import rapidfire
from jobflow import Flow, job

from potash.errors import CalculationFailed
from potash.workflows.fireworks import add, parcels, workflow
from potash.workflows.ledger import Ledger
from potash.workflows.outputs import CALCULATIONS
from potash.workflows.pull import pull
from tests.mongodb.server import running
from tests.workflows.test_fireworks import pad_of

ABOUT = {"kind": "bulk", "engine": "emt", "version": "1", "protocol": "fast"}


@job
def unlucky() -> dict[str, Any]:
    """Fail as a calculation does."""
    raise CalculationFailed("first: SCF did not converge; take more bands")


@job
def faulty() -> dict[str, Any]:
    """Fail as no job should."""
    return {"a": 1 // 0}


@job
def lucky(after: dict[str, Any] | None) -> dict[str, Any]:
    """Give a result."""
    return {"status": "done", "reason": None}


def study(name: str, made: Any) -> Flow:
    made.name = "summary"
    return Flow([made], output=made.output, name=name)


def test_failures_are_told_in_words_and_forgotten_when_they_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flows = {"first": study("first", unlucky()), "good": study("good", lucky(None)), "bad": study("bad", faulty())}
    flows["second"] = study("second", lucky(flows["first"].output))
    ledger = Ledger(tmp_path, make=True)
    ledger.begin("p", tmp_path / "p.yaml", [(name, "bulk") for name in flows], {})

    def seen() -> dict[str, tuple[str, str | None]]:
        states.append(dict(pull(pad, "p", tmp_path, ledger, dict.fromkeys(flows, ABOUT))))
        return {name: (state, reason) for name, _, state, reason in ledger.studies()}

    states: list[dict[str, int]] = []
    with running() as mongo:
        pad = pad_of(mongo)
        about = {"project": "p", "vault": str(tmp_path)}
        add(pad, parcels(flows, tmp_path), "p", lambda parcel: workflow(parcel, flows, {}, about))
        assert set(seen().values()) == {("waiting", None)}
        rapidfire(pad, FWorker(), strm_lvl="CRITICAL")
        found = seen()
        assert states[-1] == {"FIZZLED": 2, "COMPLETED": 1, "WAITING": 1}
        assert found["first"] == ("failed", "first: SCF did not converge; take more bands")
        assert found["second"] == ("failed", "a study that it rests on failed: first")
        assert found["good"] == ("done", None)
        assert "ZeroDivisionError" in str(found["bad"][1])
        assert "please report" in str(found["bad"][1])
        for number in pad.get_fw_ids({"state": "FIZZLED"}):
            pad.rerun_fw(number)
        assert [seen()[name] for name in ("first", "second", "bad")] == [("waiting", None)] * 3
        for number in pad.get_fw_ids({"state": "READY"}):
            pad.defuse_fw(number)
        assert "reignite_fws" in str(seen()["first"][1])
        for number in pad.get_wf_ids():
            pad.archive_wf(number)
        assert "'potash submit'" in str(seen()["bad"][1])
        assert seen()["good"] == ("done", None), "what is done stays done"
    ledger.close()


def test_a_calculation_is_at_work_only_while_its_job_is(tmp_path: Path) -> None:
    flows = {"good": study("good", lucky(None))}
    ledger = Ledger(tmp_path, make=True)
    ledger.begin("p", tmp_path / "p.yaml", [("good", "bulk")], {})
    with running() as mongo:
        pad = pad_of(mongo)
        about = {"project": "p", "vault": str(tmp_path)}
        add(pad, parcels(flows, tmp_path), "p", lambda parcel: workflow(parcel, flows, {}, about))
        began = time.time() - 100
        told = {
            "project": "p",
            "key": "k",
            "study": "good",
            "label": "cell",
            "state": "running",
            "calls": 3,
            "fw_id": 1,
        }
        pad.db[CALCULATIONS].insert_one({**told, "_id": "p:k", "began": began})

        def row() -> Any:
            pull(pad, "p", tmp_path, ledger, {"good": ABOUT})
            (found,) = ledger.calculations()
            return found

        assert row().state == "waiting", "its worker is gone"
        pad.checkout_fw(FWorker(), str(tmp_path))
        found = row()
        assert (found.state, found.calls) == ("running", 3)
        assert found.seconds == pytest.approx(100, abs=30)
        pad.db[CALCULATIONS].update_one({"_id": "p:k"}, {"$set": {"state": "finished", "calls": 5, "ended": began + 7}})
        found = row()
        assert (found.state, found.calls) == ("finished", 5)
        assert found.seconds == pytest.approx(7, abs=0.01)
    ledger.close()
