from __future__ import annotations

import time
from pathlib import Path

import pytest
from ase.build import bulk
from rich.console import Console

from potash.calcs.site import Event
from potash.calcs.stage import Stage
from potash.show.progress import Progress
from potash.show.status import describe
from potash.workflows.ledger import Ledger, hold
from tests.calcs.asked import asked


@pytest.mark.parametrize("terminal", [False, True])
def test_what_another_host_finishes_is_at_work_here_no_longer(tmp_path: Path, terminal: bool) -> None:
    ledger = Ledger(tmp_path, make=True)
    calculation = asked("emt", bulk("Cu"))
    said = Console(record=True, force_terminal=terminal, width=200)
    states = []
    with Progress(said, ledger, {"cell": 2.0}, 1, 2.0) as progress:
        for state in ("running", "running", "waiting", "found"):
            progress.listen(Event("copper: cell", calculation, state, 1))
            states.append(ledger.calculations()[0].state)
        assert not progress.tasks
        assert progress.finished == 2.0
    assert states == ["running", "running", "waiting", "finished"]


@pytest.mark.parametrize("terminal", [False, True])
def test_dynamics_tells_time_phase_and_pace(tmp_path: Path, terminal: bool) -> None:
    ledger = Ledger(tmp_path, make=True)
    calculation = asked("emt", bulk("Cu"))
    key = calculation.key
    ledger.begin("c", tmp_path / "c.yaml", [("liquid", "liquid")], {key: ("liquid", "dynamics", 7200.0, "waiting")})
    said = Console(record=True, force_terminal=terminal, width=200)
    with Progress(said, ledger, {"dynamics": 7200.0}, 2, 7200.0) as progress:
        for phase, span, left in (("rest", 0.4, 18_000.0), ("rest", 0.5, 17_000.0), ("production", 0.6, 16_400.0)):
            stage = Stage(1000, phase, span, 3.71, left, time.time())
            progress.listen(Event("liquid: dynamics", calculation, "running", 1000, stage))
            assert progress._left() == f"about {left / 3600:.1f} h left"
        if terminal:
            assert progress.bars.tasks[-1].fields["note"] == "0.6 ns, production, 3.71 ns/day"
        folder = tmp_path / "vault" / key[:2] / key
        folder.mkdir(parents=True)
        stage.write(folder)
        with hold(tmp_path):
            lines, _ = describe(ledger)
        assert any("at work: liquid: dynamics, 0.6 ns, production, 3.71 ns/day" in line for line in lines)
        assert lines[-1] in [f"about {minutes} min left of what is known so far" for minutes in (273, 274)]
        progress.listen(Event("liquid: dynamics", calculation, "finished", 9000))
    printed = [line for line in said.export_text().splitlines() if "ns/day; about" in line]
    assert len(printed) == 2, "one line a phase"
    assert "running   liquid: dynamics  0.4 ns, rest, 3.71 ns/day; about 5.0 h left" in printed[0]
