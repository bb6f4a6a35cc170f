from __future__ import annotations

from pathlib import Path

from potash.workflows.store import SqliteStore


def test_documents_survive_the_process_that_wrote_them(tmp_path: Path) -> None:
    first = SqliteStore(tmp_path / "jobs.sqlite")
    first.connect()
    first.update(
        [{"uuid": "a", "index": 1, "output": [1.5]}, {"uuid": "b", "index": 1, "output": None}], key=["uuid", "index"]
    )
    second = SqliteStore(tmp_path / "jobs.sqlite")  # the first was never closed, as after kill -9
    second.connect()
    assert second.query_one({"uuid": "a"})["output"] == [1.5]
    second.update({"uuid": "a", "index": 1, "output": [2.5]}, key=["uuid", "index"])
    second.remove_docs({"uuid": "b"})
    third = SqliteStore(tmp_path / "jobs.sqlite")
    third.connect()
    assert third.query_one({"uuid": "a"})["output"] == [2.5]
    assert third.count() == 1


def test_it_serves_jobflow_as_a_job_store(tmp_path: Path) -> None:
    from jobflow import Flow, JobStore, job, run_locally

    store = SqliteStore(tmp_path / "jobs.sqlite")
    add = job(_add)
    one = add(1, 2)
    two = add(one.output, 3)
    answers = run_locally(Flow([one, two]), store=JobStore(store), log=False)
    assert answers[two.uuid][1].output == 6


def _add(a: int, b: int) -> int:
    return a + b


def test_a_query_that_names_a_job_reads_its_documents_alone(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "jobs.sqlite")
    store.connect()
    rows = [{"uuid": f"u{number}", "index": index, "output": number} for number in range(5) for index in (1, 2)]
    store.update(rows, key=["uuid", "index"])
    assert store._page({"uuid": "u3"}).count() == 2
    assert store.query_one({"uuid": "u3"}, ["index"], sort={"index": -1})["index"] == 2
    assert [each["uuid"] for each in store.query({"output": {"$gt": 2}, "index": 1})] == ["u3", "u4"]
    assert store.count({"index": 2}) == 5
    assert store.distinct("output") == [0, 1, 2, 3, 4]
    store.remove_docs({})
    assert store.count() == 0
