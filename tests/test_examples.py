from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from potash.calcs.calculation import Calculation
from potash.calcs.engine import engine
from potash.errors import BadInput
from tests.conftest import Run

EXAMPLES = Path(__file__).parents[1] / "examples"
#: What took long was kept beside the campaigns of these folders, with a vault each.
KEPT = sorted(path for folder in ("barriers", "published") for path in (EXAMPLES / folder).glob("*.results.json"))


def _kept() -> list[Path]:
    return sorted(EXAMPLES.glob("*/vault/*/*/calculation.json"))


def test_what_is_kept_lies_under_the_key_of_its_content() -> None:
    assert _kept()
    for path in _kept():
        calculation = Calculation.model_validate(json.loads(path.read_text(encoding="utf-8")))
        assert path.parent.name == calculation.key


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name.split(".")[0])
def test_a_campaign_that_ran_is_found_again(path: Path, tmp_path: Path, potash: Run) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    made = told["studies"][0]["provenance"]
    try:
        version = engine(made["engine"]).version()
    except BadInput as lack:
        pytest.skip(str(lack))
    if version != made["version"]:
        pytest.skip(f"computed with {made['engine']} {made['version']}, here is {version}")
    shutil.copytree(path.parent / "vault", tmp_path / "vault")
    campaign = path.parent / path.name.replace(".results.json", ".yaml")
    ran = potash("run", str(campaign), "--dir", "project", POTASH_VAULT=str(tmp_path / "vault"))
    assert "running" not in ran.stdout
    found = json.loads((tmp_path / "project" / "report" / "results.json").read_text(encoding="utf-8"))
    for now, then in zip(found["studies"], told["studies"], strict=True):
        assert now["status"] == then["status"]
        assert now["provenance"]["keys"] == then["provenance"]["keys"]
        values = {key: quantity["value"] for key, quantity in then["quantities"].items()}
        for key, value in values.items():
            assert now["quantities"][key]["value"] == (value if value is None else pytest.approx(value, rel=1e-9))
        assert _verdicts(now) == _verdicts(then)


def _verdicts(study: dict[str, Any]) -> list[tuple[str, str, str]]:
    """List what is said to published rows; numbers in the sentences are rounded, the verdicts are not."""
    return [(row["id"], row["verdict"], re.sub(r"\d+\.\d+", "#", row["says"])) for row in study["published"]]


def _examples() -> list[Any]:
    """Mark those that search with CHGNet."""
    paths = sorted(EXAMPLES.glob("**/*.yaml"))
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


@pytest.mark.chgnet
def test_the_interfaces_that_are_compared_are_computed_alike() -> None:
    """A009 is a ratio of two barriers: one protocol, one set of settings, the ratio itself, and graphene unstrained."""
    from potash.campaign import load
    from potash.studies.interfaces import PassageStudy
    from potash.workflows.build import benches

    selenide, graphene, _ = benches(load(EXAMPLES / "published" / "k3sb-interfaces.yaml"))
    assert selenide.protocol == graphene.protocol == "standard"
    assert selenide.settings == graphene.settings == {"dispersion": "D3(BJ)"}
    assert isinstance(graphene.study, PassageStudy)
    assert isinstance(selenide.study, PassageStudy)
    assert graphene.study.cutoff == selenide.study.cutoff == 4.8
    assert graphene.study.beside == ("k3sb-k2se",)
    assert graphene.study.share == 0


def test_the_faces_of_k3sb_and_k2se_are_chosen_by_energy() -> None:
    """The cuts of k3sb-interfaces are the lowest pair of k3sb-faces that passes all its checks, or the same turned over."""
    import yaml

    folder = EXAMPLES / "published"
    _, _, *rows = (folder / "k3sb-faces.txt").read_text(encoding="utf-8").splitlines()
    pairs = {study["id"]: study for study in yaml.safe_load((folder / "k3sb-faces.yaml").read_text())["studies"]}
    assert [row.split()[0] for row in rows] == list(pairs)
    sound = [row for row in rows if row.endswith("11/11")]
    assert len(sound) == 3
    first, second, _ = sorted(sound, key=lambda row: float(row.split("interface energy ")[1].split()[0]))
    chosen = yaml.safe_load((folder / "k3sb-interfaces.yaml").read_text())["studies"][0]
    cuts = ("film_termination", "substrate_termination")
    listed = [[pairs[row.split()[0]][cut] for cut in cuts] for row in (first, second)]
    assert sorted(listed) == [[1, 2], [4, 3]]
    assert [chosen[cut] for cut in cuts] in listed
