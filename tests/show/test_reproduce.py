"""Which campaign answers a published value."""

from __future__ import annotations

import pytest

from potash.campaign import load
from potash.errors import BadInput
from potash.show.reproduce import answers, campaign_for
from tests.conftest import Run


def test_every_answer_is_in_its_campaign() -> None:
    found = answers()
    assert {"A016", "A049"} <= set(found)
    for row, path in found.items():
        assert any(row in study.published for study in load(path).studies)


def test_a_value_is_found_by_its_id_however_it_is_written() -> None:
    assert campaign_for("a016").name == "na-antimonene.yaml"


def test_a_value_that_no_example_answers_says_which_are() -> None:
    with pytest.raises(BadInput, match=r"no example answers A030 yet; those are answered: .*A016"):
        campaign_for("A030")


def test_an_unknown_value_is_bad_input(potash: Run) -> None:
    ran = potash("reproduce", "A9999")
    assert ran.returncode == 2
    assert "no published value has the id 'A9999'" in ran.stderr
