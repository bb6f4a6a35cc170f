"""Benchmarks that reach into potash still do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
