from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

# Before numpy is imported: on a busy machine the threads of linear algebra wait for each other for minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

Run = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs CHGNet where it is not installed."""
    if find_spec("chgnet") is None:
        for item in items:
            if item.get_closest_marker("chgnet"):
                item.add_marker(pytest.mark.skip(reason="CHGNet is not installed: make chgnet"))


@pytest.fixture
def potash(tmp_path: Path) -> Run:
    """Run the command line as a user does, in an empty folder."""

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*words),
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "160", **variables},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    return run


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "potash.cli", *words]


EMT = """\
campaign: emt
engine: emt
studies:
  - {kind: bulk, phase: Cu}
  - {kind: barrier, host: Cu, ion: Cu, supercell: [2, 2, 2]}
  - {kind: adsorption, phase: Cu, facets: [[1, 1, 1]], ion: Cu, supercell: [2, 2]}
"""


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """Write a campaign that EMT finishes in seconds."""
    path = tmp_path / "emt.yaml"
    path.write_text(EMT)
    return path
