"""One verdict over studies that answer the same row, and what open choices do to a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from potash.analysis.choices import moves, open_ones, outside, reach, sentence
from potash.analysis.published import Verdict, get
from potash.analysis.report import write
from potash.analysis.result import Provenance, Quantity, StudyResult, stand_beside
from potash.analysis.together import common, together

REFERENCES = {"free atom": -1.371, "bulk metal": -0.456}
SITES = {"hollow-1": -1.371, "top": -1.364}


def study(name: str, value: float | None, rows: tuple[str, ...] = ("S03",), **choices: Any) -> StudyResult:
    quantities = {"adsorption energy": Quantity(value=value, unit="eV", answers="adsorption energy", choices=choices)}
    return StudyResult(
        id=name, kind="adsorption", system=f"K on {name}", status="done", quantities=quantities,
        published=stand_beside(rows, quantities), provenance=Provenance(engine="emt", version="1", protocol="fast"),
    )  # fmt: skip


def test_the_verdict_says_which_choice_moves_the_value_how_far() -> None:
    (row,) = study("Al", -1.371, site=SITES, reference=REFERENCES).published
    assert row.verdict is Verdict.under_specified
    told = row.says.split("Open choices move it: ")[1]
    assert told == (
        "reference by 0.915 eV (free atom -1.371, bulk metal -0.456); site by 0.007 eV (hollow-1 -1.371, top -1.364). "
        "Together they reach from -1.371 to -0.456 eV: the published value lies within."
    )


def test_a_value_beyond_all_alternatives_is_told() -> None:
    (row,) = study("Al", -1.371, site=SITES).published
    assert row.says.endswith("from -1.371 to -1.364 eV: the published value lies 0.854 eV outside.")


def test_what_agrees_needs_no_alternatives() -> None:
    (row,) = study("Al", -0.5, reference=REFERENCES).published
    assert row.verdict is Verdict.reproduced
    assert "Open choices" not in row.says


def test_a_choice_of_one_is_none() -> None:
    assert sentence(get("S03"), {"site": {"top": -1.0}}, "eV") == ""
    assert list(open_ones({"site": {"top": -1.0}, "reference": REFERENCES})) == ["reference"]


numbers = st.dictionaries(st.text("abc", min_size=1), st.floats(-9, 9), min_size=1, max_size=4)


@given(first=numbers, second=numbers)
def test_the_range_holds_every_alternative(first: dict[str, float], second: dict[str, float]) -> None:
    low, high = reach({"one": first, "other": second})
    assert all(low <= value <= high for value in (*first.values(), *second.values()))
    assert high - low >= max(moves(first), moves(second))
    away = outside(get("S03"), {"one": first, "other": second})
    assert away == pytest.approx(max(low + 0.51, -0.51 - high, 0.0))


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([Verdict.reproduced, Verdict.reproduced], Verdict.reproduced),
        ([Verdict.differs, Verdict.not_comparable], Verdict.differs),
        ([Verdict.differs, Verdict.reproduced], Verdict.under_specified),
        ([Verdict.ordering_reproduced, Verdict.differs], Verdict.under_specified),
        ([Verdict.not_comparable, Verdict.not_comparable], Verdict.not_comparable),
    ],
)
def test_studies_that_disagree_leave_a_row_under_specified(verdicts: list[Verdict], expected: Verdict) -> None:
    assert common(verdicts) is expected
    assert common(verdicts[::-1]) is expected


def test_sister_studies_get_one_verdict_with_their_spread() -> None:
    (row,) = together([study("Al-111", -1.371), study("Al-100", -0.55)])
    assert row.verdict is Verdict.under_specified
    assert row.verdicts == {"Al-111": Verdict.under_specified, "Al-100": Verdict.reproduced}
    assert row.choices == {"study": {"Al-111": -1.371, "Al-100": -0.55}}
    assert "Al-111: under-specified; Al-100: reproduced." in row.says
    assert "study by 0.821 eV" in row.says


def test_a_row_without_a_number_gets_the_spread_alone() -> None:
    (row,) = together([study("Cu-111", -2.1, ("S02",)), study("Cu-100", -2.3, ("S02",))])
    assert row.verdict is Verdict.not_comparable
    assert "from -2.3 to -2.1 eV." in row.says
    assert "published value lies" not in row.says


def test_a_refused_value_is_no_alternative() -> None:
    bad = study("Al-100", None, reference=REFERENCES)
    (row,) = together([study("Al-111", -1.371), bad])
    assert row.choices == {}
    assert together([study("Al-111", -1.371)]) == []


def test_report_and_record_have_one_table(tmp_path: Path) -> None:
    both = [study("Al-111", -1.371, reference=REFERENCES, site=SITES), study("Al-100", -1.2)]
    page = write("c", [each.model_dump(mode="json") for each in both], tmp_path).read_text("utf-8")
    assert page.count("What the papers leave open") == 1
    table = page.split('id="open"')[1].split("</section>")[0]
    assert table.count('<td data-label="Open choice"') == 3
    assert "hollow-1 −1.371, top −1.364" in table
    assert "the published value lies within" in table
    (row,) = json.loads((tmp_path / "results.json").read_text("utf-8"))["together"]
    assert (row["id"], row["verdict"], row["studies"]["Al-100"]) == ("S03", "under-specified", "under-specified")
    assert row["choices"]["reference (Al-111)"] == REFERENCES
    alone = write("c", [study("Al-111", -1.371).model_dump(mode="json")], tmp_path).read_text("utf-8")
    assert "What the papers leave open" not in alone


def test_words_that_are_published_stand_beside_the_number(tmp_path: Path) -> None:
    page = write("c", [study("Cu-111", -2.1, ("S02",)).model_dump(mode="json")], tmp_path).read_text("utf-8")
    against = page.split('id="published"')[1].split("</section>")[0]
    assert "−2.100 eV" in against
    assert '<td data-label="Published">weak: no potassiophilic sites' in against


def test_alternatives_that_failed_are_left_out() -> None:
    from tests.analysis.test_adsorption import NAMES, WANDERED, relaxed, run

    choices = run()["adsorption energy"].choices
    assert set(choices["site"]) == set(NAMES)
    assert choices["reference"] == pytest.approx({"free atom": -1.3, "bulk metal": -0.4})
    away = [relaxed("hollow"), relaxed("bridge", by=(WANDERED + 0.01, 0, 0)), relaxed("top")]
    assert set(run(away)["adsorption energy"].choices["site"]) == {"hollow", "top"}


def test_both_ways_to_share_the_density_are_a_choice() -> None:
    from potash.analysis.charges import summarise

    found = {"charges": {"charges": [-0.4, 0.4]}, "bader": {"charges": [-0.9, 0.9], "astray": 0.0}}
    made = summarise("charge", "of K", found, -1)
    assert made["charge (Bader)"].choices == {"partition": {"Hirshfeld": 0.4, "Bader": 0.9}}
