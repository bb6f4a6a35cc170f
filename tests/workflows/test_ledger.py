from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from potash.calcs import lease
from potash.errors import BadInput
from potash.workflows.ledger import Ledger, Row, hold, time_left


def row(state: str, expected: float, seconds: float) -> Row:
    return Row("k", "s", "l", state, 1, expected, 0.0 if seconds else None, seconds or None)


def test_time_left_scales_the_plan_by_what_finished_calculations_took() -> None:
    rows = [row("finished", 10.0, 20.0), row("waiting", 30.0, 0.0)]
    assert time_left(rows, cores=2) == pytest.approx(60.0)
    assert time_left(rows[:1], cores=2) is None


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="potash run"):
        Ledger(tmp_path)


def test_results_outlive_the_process_and_studies_that_left_the_file_go(tmp_path: Path) -> None:
    first = Ledger(tmp_path, make=True)
    first.begin("c", tmp_path / "c.yaml", [("a", "bulk"), ("b", "bulk")], {"k": ("a", "l", 1.0, "waiting")})
    first.study("a", "done", None, {"id": "a"})
    first.study("b", "done", None, {"id": "b"})
    first.close()
    second = Ledger(tmp_path, make=True)
    assert list(second.each_result()) == [{"id": "a"}, {"id": "b"}]
    second.begin("c", tmp_path / "c.yaml", [("b", "bulk")], {}, engine="emt")
    assert list(second.each_result()) == [], "what an older campaign gave is not shown as this one's"
    assert second.chosen() == ("emt", None)
    assert [study for study, *_ in second.studies()] == ["b"]


def test_one_process_holds_a_folder(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(BadInput, match="is held by process"), hold(tmp_path):
        pass
    with hold(tmp_path):
        pass


HOLDS = """
import sys, time
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from potash.workflows.ledger import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(300)
"""


def test_who_was_paused_until_another_took_the_folder_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {**os.environ, "POTASH_LEASE": "2"}
    words = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGSTOP)
        monkeypatch.setattr(lease, "alive", lambda name: None)  # as it is for another host
        monkeypatch.setattr(lease, "LEASE", 0.5)
        told: list[str] = []
        with hold(tmp_path, told.append):
            assert len(told) == 1
            assert f"process {process.pid}" in told[0]
            process.send_signal(signal.SIGCONT)
            assert process.wait(60) == -signal.SIGTERM


def test_a_holder_on_another_host_that_gives_signs_of_life_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".lock-1").write_text("elsewhere:7:1:0b/4 0123")
    monkeypatch.setattr("potash.workflows.ledger.RENEW", 1.0)
    signs = threading.Timer(0.5, os.utime, [tmp_path / ".lock-1", (0, 1e9)])
    signs.start()
    with pytest.raises(BadInput, match="is held by process 7 on elsewhere"), hold(tmp_path):
        pass
