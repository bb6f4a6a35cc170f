from __future__ import annotations

from typing import Any

from jobflow import Flow, Job, job

from potash.workflows.agenda import Agenda
from potash.workflows.steps import ordered


@job
def add(*numbers: Any) -> Any:
    return sum(numbers)


def study(name: str, *before: Any) -> tuple[Flow, list[Job]]:
    """A graph of three jobs, the first of which waits for others; written down in another order than they depend."""
    first = add(1, *before)
    second = add(first.output, 2)
    third = add(first.output, second.output)
    return Flow([third, second, first], output=third.output, name=name), [first, second, third]


def taken(agenda: Agenda) -> list[tuple[str, str]]:
    """All jobs that can begin now."""
    found = []
    while (one := agenda.take()) is not None:
        found.append((one[0], one[1].uuid))
    return found


def test_jobs_come_after_those_that_they_rest_on() -> None:
    flow, (first, second, third) = study("a")
    assert [each.uuid for each, _ in ordered(flow)] == [first.uuid, second.uuid, third.uuid]
    assert ordered(flow)[2][1] == {first.uuid, second.uuid}


def test_the_first_study_in_the_file_goes_first_and_ends_first() -> None:
    a, jobs_a = study("a")
    b, jobs_b = study("b")
    agenda = Agenda({"a": a, "b": b})
    assert agenda.take() == ("a", jobs_a[0])
    agenda.done(jobs_a[0])
    assert agenda.take() == ("a", jobs_a[1]), "before the job of b that could begin as well"
    assert taken(agenda) == [("b", jobs_b[0].uuid)]
    agenda.done(jobs_a[1])
    assert taken(agenda) == [("a", jobs_a[2].uuid)]
    assert agenda.studies() == ["b"]


def test_of_two_jobs_that_become_ready_the_earlier_study_s_goes_first() -> None:
    a, jobs_a = study("a")
    b, jobs_b = study("b")
    agenda = Agenda({"a": a, "b": b})
    assert taken(agenda) == [("a", jobs_a[0].uuid), ("b", jobs_b[0].uuid)]
    agenda.done(jobs_b[0])
    agenda.done(jobs_a[0])
    assert taken(agenda) == [("a", jobs_a[1].uuid), ("b", jobs_b[1].uuid)]


def test_a_study_waits_for_another_and_is_left_where_that_fails() -> None:
    a, jobs_a = study("a")
    b, jobs_b = study("b", a.output)
    agenda = Agenda({"a": a, "b": b})
    assert taken(agenda) == [("a", jobs_a[0].uuid)]
    agenda.drop("a")
    agenda.done(jobs_a[0])
    assert taken(agenda) == []
    assert agenda.studies() == ["b"]
    whole = Agenda({"a": a, "b": b})
    for each in jobs_a:
        assert whole.take() == ("a", each)
        whole.done(each)
    assert taken(whole) == [("b", jobs_b[0].uuid)]
