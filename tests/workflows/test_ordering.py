"""Orderings across studies, on EMT, from the campaign file to the verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from potash.analysis.ordering import Ranked, beside, compared, ranked, verdict
from potash.analysis.published import Verdict
from tests.conftest import Run

CAMPAIGN = """\
campaign: metals
engine: emt
studies:
  - {kind: bulk, phase: Al, id: aluminium}
  - {kind: bulk, phase: Cu, id: copper}
  - {kind: ordering, quantity: V0, order: [copper, aluminium], published: [A006], id: right}
  - {kind: ordering, quantity: V0, order: [aluminium, copper], published: [A006], id: wrong}
  - {kind: ordering, quantity: colour, order: [aluminium, copper], id: none}
"""


def run(potash: Run, folder: Path, text: str) -> tuple[Any, dict[str, Any]]:
    file = folder / "metals.yaml"
    file.write_text(text, "utf-8")
    ran = potash("run", str(file), "--dir", str(folder / "project"))
    results = folder / "project" / "report" / "results.json"
    studies = json.loads(results.read_text("utf-8"))["studies"] if results.exists() else []
    return ran, {study["id"]: study for study in studies}


def test_the_order_of_two_volumes(tmp_path: Path, potash: Run) -> None:
    ran, studies = run(potash, tmp_path, CAMPAIGN)
    assert ran.returncode == 1, "one ordering asks for what there is not"
    right, wrong = (studies[name]["published"][0]["verdict"] for name in ("right", "wrong"))
    assert (right, wrong) == ("ordering reproduced", "differs")
    gap = studies["aluminium"]["quantities"]["V0"]["value"] - studies["copper"]["quantities"]["V0"]["value"]
    assert studies["right"]["quantities"]["aluminium less copper"]["value"] == pytest.approx(gap)
    assert studies["wrong"]["quantities"]["copper less aluminium"]["value"] == pytest.approx(-gap)
    assert studies["none"]["status"] == "failed"
    assert "has no quantity 'colour'" in studies["none"]["reason"]
    keys = studies["right"]["provenance"]["keys"]
    assert set(keys) == {*studies["copper"]["provenance"]["keys"], *studies["aluminium"]["provenance"]["keys"]}


@pytest.mark.parametrize(("relation", "said"), [("<=", "no higher than this"), (">=", "no lower than this")])
def test_a_bound_has_no_place_in_an_order(relation: str, said: str) -> None:
    quantity = {"value": 0.31, "error": None, "unit": "eV", "says": "", "relation": relation}
    refused = ranked(
        {"id": "K", "status": "done", "quantities": {"percolating barrier": quantity}}, "percolating barrier"
    )
    assert isinstance(refused, str)
    assert refused.startswith("K: its percolating barrier of 0.31 eV is only known")
    assert said in refused


def test_a_study_that_fails_is_named(tmp_path: Path, potash: Run) -> None:
    broken = CAMPAIGN.replace("phase: Cu", "phase: {file: far.xyz}")
    far = '1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 0 0 0\n'
    (tmp_path / "far.xyz").write_text(far, "utf-8")
    ran, studies = run(potash, tmp_path, broken)
    assert ran.returncode == 1
    assert studies["copper"]["status"] == "failed"
    assert "copper" in studies["right"]["reason"]


def test_an_unknown_study_is_bad_input(tmp_path: Path, potash: Run) -> None:
    ran, _ = run(potash, tmp_path, CAMPAIGN.replace("[copper, aluminium]", "[cooper, aluminium]"))
    assert ran.returncode == 2
    assert "metals.yaml:6: no study above has the id 'cooper' (did you mean copper?)" in ran.stderr


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([(0.1, 0.0), (0.2, 0.0), (0.3, 0.0)], Verdict.ordering_reproduced),
        ([(0.1, 0.0), (0.3, 0.0), (0.2, 0.0)], Verdict.differs),
        ([(0.1, 0.06), (0.2, 0.05)], Verdict.not_comparable),
        ([(0.2, 0.06), (0.1, 0.05)], Verdict.not_comparable),
        ([(0.2, 0.04), (0.1, 0.05)], Verdict.differs),
        ([(0.1, 0.06), (0.2, 0.05), (0.0, 0.0)], Verdict.differs),
    ],
)
def test_errors_decide_whether_an_order_is_seen(values: list[tuple[float, float]], expected: Verdict) -> None:
    listed = [Ranked(f"s{i}", value, error, "eV") for i, (value, error) in enumerate(values)]
    assert verdict(listed)[0] is expected


def test_what_is_not_known_of_errors_is_told() -> None:
    found, says = verdict([Ranked("a", 0.1, None, "eV"), Ranked("b", 0.2, 0.01, "eV")])
    assert (found, says) == (
        Verdict.ordering_reproduced,
        "Computed: a (0.1 eV) < b (0.2 eV). There is no error estimate of a.",
    )
    assert "error estimate" not in verdict([Ranked("a", 0.1, 0.01, "eV"), Ranked("b", 0.2, 0.01, "eV")])[1]


def test_values_without_errors_need_to_be_apart_by_what_stands_for_one() -> None:
    near = [Ranked("a", -0.62, None, "eV"), Ranked("b", -0.605, None, "eV")]
    assert verdict(near, least=0.1)[0] is Verdict.not_comparable
    assert verdict(near[::-1], least=0.1)[0] is Verdict.not_comparable
    assert verdict([near[0], Ranked("b", -0.5, None, "eV")], least=0.1)[0] is Verdict.ordering_reproduced


def test_what_moves_two_levels_alike_leaves_their_order() -> None:
    both = [Ranked("a", -0.6, 0.1, "eV", shift=0.1), Ranked("b", -0.5, 0.09, "eV", shift=0.09)]
    assert verdict(both)[0] is Verdict.ordering_reproduced
    apart = [Ranked("a", -0.6, 0.1, "eV", shift=0.1), Ranked("b", -0.5, 0.09, "eV", shift=-0.09)]
    assert verdict(apart)[0] is Verdict.not_comparable


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ((0.07, False), (0.37, False), Verdict.not_comparable),
        ((0.37, False), (0.07, False), Verdict.not_comparable),
        ((-0.41, True), (0.37, False), Verdict.ordering_reproduced),
        ((-0.06, True), (0.37, False), Verdict.not_comparable),  # 0.06 eV from zero, with an error of 0.1 eV
        ((0.37, False), (-0.41, True), Verdict.differs),
    ],
)
def test_unbound_levels_stand_at_zero(low: tuple[float, bool], high: tuple[float, bool], expected: Verdict) -> None:
    """In a complete basis and a large box their electron is free: two of them have no order."""
    found, says = verdict(
        [Ranked(name, value, 0.1, "eV", bound=bound) for name, (value, bound) in (("a", low), ("b", high))]
    )
    assert found is expected
    assert "Unbound, a state of the box or the basis: " in says


def test_an_order_that_is_read_into_a_row_is_told() -> None:
    values = [Ranked("graphene", 0.2, 0.05, "", "of K and C"), Ranked("selenide", 0.5, 0.1, "", "of K and Se")]
    (row,) = beside(("A041",), values, "overlap of states")
    assert row.verdict is Verdict.ordering_reproduced
    assert "A041 prints no order" in row.says
    assert "reads it as overlap of states: graphene < selenide" in row.says
    (claimed,) = beside(("A006",), values, "overlap of states")
    assert "prints no order" not in claimed.says
    assert compared(values, "overlap of states")[1:] == ("graphene: of K and C.", "selenide: of K and Se.")
