from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from potash.calcs.calculation import Calculation
from potash.calcs.engine import engine
from potash.errors import BadInput
from tests.conftest import Run

BARRIERS = Path(__file__).parents[1] / "examples" / "barriers"
KEPT = sorted(path.name.removesuffix(".results.json") for path in BARRIERS.glob("*.results.json"))


def _kept() -> list[Path]:
    return sorted((BARRIERS / "vault").glob("*/*/calculation.json"))


def test_what_is_kept_lies_under_the_key_of_its_content() -> None:
    assert _kept()
    for path in _kept():
        calculation = Calculation.model_validate(json.loads(path.read_text(encoding="utf-8")))
        assert path.parent.name == calculation.key


@pytest.mark.parametrize("name", KEPT)
def test_a_campaign_that_ran_is_found_again(name: str, tmp_path: Path, potash: Run) -> None:
    told = json.loads((BARRIERS / f"{name}.results.json").read_text(encoding="utf-8"))
    try:
        version = engine("gpaw").version()
    except BadInput:
        pytest.skip("GPAW is not installed")
    if version != told["studies"][0]["provenance"]["version"]:
        pytest.skip(f"computed with GPAW {told['studies'][0]['provenance']['version']}, here is {version}")
    shutil.copytree(BARRIERS / "vault", tmp_path / "vault")
    ran = potash("run", str(BARRIERS / f"{name}.yaml"), "--dir", "project", POTASH_VAULT=str(tmp_path / "vault"))
    assert "running" not in ran.stdout
    found = json.loads((tmp_path / "project" / "report" / "results.json").read_text(encoding="utf-8"))
    for now, then in zip(found["studies"], told["studies"], strict=True):
        assert now["status"] == then["status"]
        assert now["provenance"]["keys"] == then["provenance"]["keys"]
        values = {key: quantity["value"] for key, quantity in then["quantities"].items()}
        for key, value in values.items():
            assert now["quantities"][key]["value"] == (value if value is None else pytest.approx(value, rel=1e-9))


def _examples() -> list[Any]:
    """Mark those that search with CHGNet."""
    paths = sorted(BARRIERS.parent.glob("**/*.yaml"))
    return [
        pytest.param(path, id=path.stem, marks=[pytest.mark.chgnet] if "chgnet" in path.read_text() else [])
        for path in paths
    ]


@pytest.mark.parametrize("path", _examples())
def test_every_example_can_be_built(path: Path) -> None:
    from potash.campaign import load
    from potash.workflows.build import build

    campaign = load(path)
    try:
        flows = build(campaign)
    except BadInput as error:
        if "is not installed" not in str(error):
            raise
        pytest.skip(str(error))
    assert len(flows) >= len(campaign.studies)
