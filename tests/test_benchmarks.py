"""Benchmarks that reach into potash still do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_a_run_without_computing(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("campaign: c\nengine: emt\nstudies:\n  - {kind: bulk, phase: [Cu, Al]}\n")
    command = [sys.executable, str(ROOT / "benchmarks" / "scale" / "fill.py"), "c.yaml", "project"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "project" / "report" / "index.html").exists()


def test_one_more_no_op(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "scale" / "noop.py"), "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert '"wall"' in done.stdout, done.stderr


def test_bands_are_counted_and_compared(tmp_path: Path) -> None:
    """One start of the smallest case: few calls, the reference's barrier; a second time nothing is computed."""
    words = [
        str(ROOT / "benchmarks" / "bands" / "run.py"),
        "--cases",
        "Al-Au",
        "--methods",
        "potash",
        "--starts",
        "1",
        "--out",
        str(tmp_path),
    ]
    first, second = (
        subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=600, check=True).stdout
        for _ in range(2)
    )
    assert "start 0" in first
    assert "start 0" not in second
    reference, ours = (json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines())
    assert ours["converged"]
    assert ours["calls"] <= 15
    assert ours["barrier"] == pytest.approx(reference["barrier"], abs=0.003)
    assert (tmp_path / "bands.svg").exists()
