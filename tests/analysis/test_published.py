"""The catalogue of published values is what the reviews print, and verdicts follow from it."""

import re

import pytest

from potash.analysis.published import (
    Published,
    Verdict,
    allowed,
    catalogue,
    compare,
    get,
    quantities,
    reviews,
    search,
    tolerances,
)
from potash.errors import BadInput

ROWS = list(catalogue().values())
NUMERIC = [row for row in ROWS if row.value is not None]

PRINTED_UNITS = {
    "mAh/g": ("mAh g⁻¹", "mA h g⁻¹"),
    "mAh/cm3": ("mAh cm⁻³",),
    "Wh/kg": ("W h kg⁻¹",),
    "g/cm3": ("g cm⁻³", "g mL⁻¹"),
    "mol/kg": ("mol kg⁻¹",),
    "S/cm": ("S cm⁻¹",),
    "mS/cm": ("mS cm⁻¹",),
    "S/m": ("S m⁻¹",),
    "e": ("e", "e⁻"),
}


def printed_numbers(text: str) -> set[float]:
    """All numbers of a printed text: 2,596 and −0.11 and 2.6×10⁶ and 10³."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text).replace("−", "-")
    plain = r"(-?\d+(?:\.\d+)?)(?:×(10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?"
    power = r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)"

    def exponent(raised: str) -> str:
        return raised.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))

    numbers = {float(f"{mantissa}e{exponent(ten[2:]) or 0}") for mantissa, ten in re.findall(plain, text)}
    return numbers | {float(f"1e{exponent(raised)}") for raised in re.findall(power, text)}


def row(**changes: object) -> Published:
    return get("A004").model_copy(update=changes)


def test_all_rows_are_there() -> None:
    assert len(ROWS) == 422 + 208
    assert sum(row.id.startswith("A") for row in ROWS) == 422
    for letter, count in {
        "E": 16,
        "K": 21,
        "S": 62,
        "I": 26,
        "L": 38,
        "P": 9,
        "X": 28,
        "C": 8,
    }.items():
        ids = [row.id for row in ROWS if row.id.startswith(letter)]
        assert ids == [f"{letter}{number:02d}" for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("wanted", "system", "quantity", "value", "unit", "relation"),
    [
        ("A004", "BiSbO4 (010)", "diffusion barrier", 0.717, "eV", "="),
        ("A007", "K3Sb/K2Se interface", "diffusion barrier", 0.1236, "eV", "="),
        ("A008", "K3Sb/C (graphene) interface", "diffusion barrier", 1.3003, "eV", "="),
        ("A025", "BiSbO4 (010)", "adsorption energy", -4.22, "eV", "="),
        ("A049", "FEC", "orbital level", -0.11, "eV", "="),
        ("A194", "K–Sb", "voltage", (0.3, 0.7), "V", "="),
        ("A203", "Bi → Na3Bi", "voltage", 0.55, "V", "~"),
        ("A218", "Bi → K3Bi", "volume change", 400, "%", ">"),
        ("A237", "Sb → K3Sb", "volume change", 405.7, "%", "="),
        ("A262", "Sb → K3Sb", "theoretical capacity", 660, "mAh/g", "="),
        ("A264", "P → K3P", "theoretical capacity", 2596, "mAh/g", "<="),
        ("A339", "red P", "electronic conductivity", 1e-12, "S/m", "~"),
        ("A378", "K3Sb", "density", 2.60, "g/cm3", "="),
        ("K01", "K metal", "theoretical capacity", 687, "mAh/g", "="),
        ("S15", "NiO / K (porous NiO on carbon cloth, CC-NiO)", "charge transfer", 0.85, "e", "="),
        ("L02", "KPF6–DME", "solvation energy", -0.49, "eV", "="),
        ("X11", None, "ionic conductivity", 4.45e-5, "S/cm", "="),
    ],
)
def test_values_are_those_of_the_reviews(
    wanted: str, system: str | None, quantity: str, value: object, unit: str, relation: str
) -> None:
    found = get(wanted)
    assert system in (None, found.system)
    assert (found.quantity, found.value, found.unit, found.relation) == (
        quantity,
        value,
        unit,
        relation,
    )


@pytest.mark.parametrize("numeric", NUMERIC, ids=lambda row: row.id)
def test_every_number_is_printed(numeric: Published) -> None:
    assert numeric.value is not None
    numbers = numeric.value if isinstance(numeric.value, tuple) else (numeric.value,)
    assert set(numbers) <= printed_numbers(numeric.text)
    if numeric.unit is not None:
        assert any(unit in numeric.text for unit in PRINTED_UNITS.get(numeric.unit, (numeric.unit,)))


def test_rows_keep_to_their_vocabulary() -> None:
    assert {row.quantity for row in ROWS} == set(quantities())
    assert all(re.match(r"R\d:\d+", row.source) and row.source[:2] in reviews() for row in ROWS)
    for entry in ROWS:
        if entry.value is None:
            assert entry.unit is None
        else:
            assert entry.relation not in ("ordering", "qualitative")
        if isinstance(entry.value, tuple):
            assert entry.value[0] < entry.value[1]


def test_each_numeric_row_has_one_tolerance() -> None:
    keys = [(tolerance.quantity, tolerance.unit) for tolerance in tolerances()]
    assert len(keys) == len(set(keys))
    assert set(keys) == {(row.quantity, row.unit) for row in NUMERIC}
    assert all((tolerance.absolute is None) != (tolerance.relative is None) for tolerance in tolerances())
    assert allowed(get("A004")) == 0.05
    assert allowed(get("A237")) == pytest.approx(40.57)
    assert allowed(get("A006")) is None


def test_doubts_travel_with_the_rows() -> None:
    assert any("final/initial ratio" in caution for caution in get("A245").cautions)
    assert any("685.5" in caution for caution in get("K01").cautions)
    assert get("L02").leaves_open


def test_an_unknown_id_names_near_ones() -> None:
    for wrong, near in {"A7": "A007", "k01": "K01", "A423": "A42", "?": "run A001 to X28"}.items():
        with pytest.raises(BadInput, match=near):
            get(wrong)


def test_search_needs_all_words() -> None:
    assert [row.id for row in search("bisbo4 barrier")] == ["A004", "A005", "A006"]
    assert [row.id for row in search("X12")] == ["X12"]
    assert search("") == ROWS
    assert search("unobtainium") == []


@pytest.mark.parametrize(
    ("changes", "value", "error", "verdict"),
    [
        ({}, 0.717, 0.0, Verdict.reproduced),
        ({}, 0.767, 0.0, Verdict.reproduced),
        ({}, 0.768, 0.0, Verdict.differs),
        ({}, 0.768, 0.01, Verdict.reproduced),
        ({}, 0.60, 0.01, Verdict.differs),
        ({}, float("nan"), 0.0, Verdict.not_comparable),
        ({"value": (0.3, 0.5)}, 0.4, 0.0, Verdict.reproduced),
        ({"value": (0.3, 0.5)}, 0.26, 0.0, Verdict.reproduced),
        ({"value": (0.3, 0.5)}, 0.56, 0.0, Verdict.differs),
        ({"relation": ">"}, 2.0, 0.0, Verdict.reproduced),
        ({"relation": ">"}, 0.6, 0.0, Verdict.differs),
        ({"relation": "<="}, 0.1, 0.0, Verdict.reproduced),
        ({"relation": "<"}, 0.8, 0.0, Verdict.differs),
        ({"difference": True}, 0.1, 0.0, Verdict.ordering_reproduced),
        ({"difference": True}, -0.1, 0.0, Verdict.differs),
        ({"leaves_open": "The facet is not given."}, 0.1, 0.0, Verdict.under_specified),
        ({"leaves_open": "The facet is not given."}, 0.7, 0.0, Verdict.reproduced),
    ],
)
def test_verdicts(changes: dict[str, object], value: float, error: float, verdict: Verdict) -> None:
    assert compare(row(**changes), value, error)[0] is verdict


def test_a_given_tolerance_comes_first() -> None:
    assert compare(get("A004"), 0.9, tolerance=0.2)[0] is Verdict.reproduced
    assert compare(get("A004"), 0.72, tolerance=0.0)[0] is Verdict.differs


def test_the_sentence_says_by_how_much() -> None:
    assert compare(get("A004"), 0.9)[1] == ("0.9 eV against the published 0.717 eV: off by 0.183 eV, 0.05 eV allowed.")
    assert "~0.55 V" in compare(get("A203"), 0.9)[1]
    assert "0.3 to 0.7 V" in compare(get("A194"), 0.9)[1]


def test_sign_of_a_published_difference() -> None:
    assert compare(get("A049"), -0.53)[0] is Verdict.ordering_reproduced
    assert compare(get("A049"), 0.2)[0] is Verdict.under_specified


@pytest.mark.parametrize(
    ("value", "error", "verdict"),
    [
        (-0.015, 0.01, Verdict.ordering_reproduced),
        (-0.015, 0.1, Verdict.not_comparable),
        (-0.1, 0.12, Verdict.not_comparable),
        (-0.1, 0.05, Verdict.reproduced),
        (0.02, 0.03, Verdict.under_specified),
    ],
)
def test_a_sign_within_its_error_reproduces_nothing(value: float, error: float, verdict: Verdict) -> None:
    found, says = compare(get("A049"), value, error)
    assert found is verdict
    assert ("leaves the sign open" in says) == (abs(value) <= error)
    assert "no error estimate" not in says


def test_a_sign_without_an_error_says_so() -> None:
    verdict, says = compare(get("A049"), -0.3)
    assert verdict is Verdict.ordering_reproduced
    assert "there is no error estimate" in says


def test_a_sign_without_an_error_and_within_the_tolerance_is_none() -> None:
    """15 meV, and half of the published 0.11 eV is allowed."""
    verdict, says = compare(get("A049"), -0.015)
    assert verdict is Verdict.under_specified
    assert "there is no error estimate" in says


def test_rows_without_a_number_say_why() -> None:
    reasons = {"A009": "ordering", "A018": "no number", "A241": "does not fix one number"}
    for wanted, reason in reasons.items():
        verdict, sentence = compare(get(wanted), 1.0)
        assert verdict is Verdict.not_comparable
        assert reason in sentence
