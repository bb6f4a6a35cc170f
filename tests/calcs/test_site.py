"""What a place does with a calculation that dies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ase.build import bulk

from potash.calcs.calculation import Calculation
from potash.calcs.site import Cores, Site
from potash.calcs.vault import Vault, write
from potash.errors import CalculationFailed
from potash.structures.encoding import encode

COPPER = Calculation(
    task="relax",
    atoms=(encode(bulk("Cu")),),
    engine="emt",
    version="1",
    settings={},
    options={"force": 0.05, "steps": 1},
)


@pytest.mark.parametrize(
    ("reasons", "runs"), [(["LinAlgError: of B"], 2), (["LinAlgError: of B"] * 2, 2), (["ValueError: x"], 1)]
)
def test_only_an_eigensolver_s_accident_is_tried_once_more(
    reasons: list[str], runs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(Vault(tmp_path), Cores(1))
    watched: list[int] = []

    def watch(*_: Any) -> int:
        folder = site.vault.folder(COPPER.key)
        watched.append(len(watched))
        if len(watched) <= len(reasons):
            write(folder / "failure.json", {"reason": reasons[len(watched) - 1], "told": False})
            return 1
        write(folder / "result.json", {"energy": 0.0, "calls": 1})
        return 0

    monkeypatch.setattr(site, "_watch", watch)
    if runs > len(reasons):
        assert site.perform(COPPER, "copper")["energy"] == 0.0
    else:
        with pytest.raises(CalculationFailed):
            site.perform(COPPER, "copper")
    assert len(watched) == runs
