"""The trial of ``benchmarks/vault``, in short: kills, pauses and clocks that jump, over one vault."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TRIAL = Path(__file__).parents[2] / "benchmarks" / "vault" / "run.py"


@pytest.mark.parametrize("where", [(), ("--hosts",)])
def test_a_campaign_comes_home_whatever_is_done_to_its_processes(where: tuple[str, ...]) -> None:
    if where and os.geteuid():
        pytest.skip("only root can make hosts of one machine")
    size = ("--calculations", "6", "--disturbances", "6", "--lease", "1.5")
    run = subprocess.run([sys.executable, str(TRIAL), *size, *where], capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "| results | 6 |" in run.stdout
    assert "| calls of finished calculations made again | 0 |" in run.stdout
