from __future__ import annotations

from pathlib import Path

import pytest
from ase.build import bulk
from rich.console import Console

from potash.calcs.site import Event
from potash.show.progress import Progress
from potash.workflows.ledger import Ledger
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
