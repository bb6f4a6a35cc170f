"""Studies as workflows: which go together, what they ask of a queue, and how large documents get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bson
import pytest
from fireworks import FWorker, LaunchPad
from fireworks.core.rocket_launcher import rapidfire
from jobflow import Flow, job

from potash.calcs.engine import Cost
from potash.campaign import load
from potash.errors import BadInput
from potash.workflows.build import build
from potash.workflows.firetask import cores
from potash.workflows.fireworks import Parcel, add, parcels, resources, workflow
from potash.workflows.outputs import BOUND, Files, Outputs
from tests.mongodb.commands import LARGEST
from tests.mongodb.server import Mongo, running

CAMPAIGN = """\
campaign: o
engine: emt
studies:
  - {kind: phonons, phase: Al}
  - {kind: bulk, phase: [Al, Cu]}
  - {kind: ordering, order: [bulk-Cu, bulk-Al], quantity: a}
"""


def test_studies_that_rest_on_each_other_go_together_and_all_others_alone(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text(CAMPAIGN)
    flows = build(load(tmp_path / "o.yaml"))
    alone, together = parcels(flows, tmp_path)
    assert alone.studies == ("phonons-Al",)
    assert together.studies == tuple(list(flows)[1:])
    assert set(together.flow.job_uuids) == {uuid for name in together.studies for uuid in flows[name].job_uuids}


def test_a_fingerprint_knows_what_is_asked_whatever_the_jobs_are_called(tmp_path: Path) -> None:
    def prints(text: str, vault: Path = tmp_path) -> list[str]:
        (tmp_path / "o.yaml").write_text(text)
        return [parcel.fingerprint for parcel in parcels(build(load(tmp_path / "o.yaml")), vault)]

    first = prints(CAMPAIGN)
    assert prints(CAMPAIGN) == first
    changed = prints(CAMPAIGN.replace("phonons, phase: Al", "phonons, phase: Al, supercell: [3, 3, 3]"))
    assert changed[0] != first[0]
    assert changed[1] == first[1]
    assert not set(prints(CAMPAIGN, tmp_path / "elsewhere")) & set(first)


def test_a_job_asks_for_the_cores_of_its_widest_calculation_and_the_time_of_all() -> None:
    assert resources([]) == {"ntasks": 1, "walltime": "00:15:00", "mem_per_cpu": 1024}
    # 4 × (7200 s on 4 cores + 600 s on one), in steps of five minutes; 1 GiB of its own and half as much again.
    asked = resources([Cost(core_seconds=7200, memory=8, cores=4), Cost(core_seconds=600, memory=1, cores=1)])
    assert asked == {"ntasks": 4, "walltime": "02:40:00", "mem_per_cpu": 13 * 1024 // 4}


def test_a_worker_uses_what_its_own_file_says_else_what_slurm_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_NTASKS", raising=False)
    assert cores({}) >= 1
    monkeypatch.setenv("SLURM_NTASKS", "6")
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "2")
    assert cores({}) == 12
    assert cores({"cores": 3}) == 3


@job
def many(number: int) -> dict[str, Any]:
    """Give so many megabytes, as a density on a fine grid would be."""
    return {"rows": ["0.125000 " * 111_111 for _ in range(number)]}


@job
def total(large: dict[str, Any], also: str) -> dict[str, Any]:
    """Use it."""
    return {"letters": sum(map(len, large["rows"])), "also": len(also)}


def pad_of(mongo: Mongo) -> LaunchPad:
    pad = LaunchPad("127.0.0.1", mongo.port, "fw", strm_lvl="ERROR")
    pad.reset("", require_password=False)
    return pad


def test_outputs_and_jobs_that_mongodb_would_refuse_go_through_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = many(20)
    two = total(one.output, "7" * 2_000_000)
    two.name = "summary"
    flow = Flow([one, two], output=two.output, name="large")
    letters = 20 * 9 * 111_111
    assert len(bson.encode(many.original(20))) > letters > LARGEST
    about = {"project": "p", "vault": str(tmp_path / "vault")}
    with running() as mongo:
        pad = pad_of(mongo)
        add(pad, [Parcel(("large",), flow, "f")], "p", lambda parcel: workflow(parcel, {"large": flow}, {}, about))
        rapidfire(pad, FWorker(), strm_lvl="ERROR")
        assert {each["state"] for each in pad.fireworks.find()} == {"COMPLETED"}, list(pad.launches.find())
        store = Outputs(pad.db, Files(tmp_path / "vault"))
        assert store.query_one({"uuid": two.uuid})["output"] == {"letters": letters, "also": 2_000_000}
        assert store.query_one({"uuid": one.uuid})["output"] == many.original(20)
        sizes = [len(bson.encode(document)) for _, document in mongo.documents()]
        assert max(sizes) < 2 * BOUND
    assert len(list((tmp_path / "vault" / "outputs").glob("*/*.json.gz"))) == 2


def test_what_stays_in_the_database_fits_even_at_its_worst() -> None:
    # Single digits: two letters of JSON each, sixteen bytes and more of BSON.
    digits = [1] * (BOUND // 3)
    assert len(json.dumps(digits)) <= BOUND
    assert len(bson.encode({"output": digits})) < LARGEST


def test_a_file_that_was_changed_or_is_gone_is_told(tmp_path: Path) -> None:
    files = Files(tmp_path)
    reference = files.put("[1, 2]")
    assert files.put("[1, 2]") == reference
    (path,) = tmp_path.glob("outputs/*/*")
    other = files.put("[3]")
    files._path(other["potash_file"]).rename(path)
    with pytest.raises(BadInput, match="was changed"):
        files.text(reference)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(BadInput, match="cannot be read"):
        files.text(reference)
    path.unlink()
    with pytest.raises(BadInput, match="is the vault shared"):
        files.text(reference)


def test_what_is_the_same_stays_and_what_changed_is_archived(tmp_path: Path) -> None:
    def flow(number: int) -> Flow:
        made = many(number)
        made.name = "summary"
        return Flow([made], output=made.output, name=f"n{number}")

    with running() as mongo:
        pad = pad_of(mongo)
        about = {"project": "p", "vault": str(tmp_path)}

        def put(*numbers: int) -> tuple[int, int]:
            flows = {f"n{number}": flow(number) for number in numbers}
            made = parcels(flows, tmp_path)
            return add(pad, made, "p", lambda parcel: workflow(parcel, flows, {}, about))

        assert put(1, 2) == (2, 0)
        assert put(1, 2) == (0, 2)
        assert put(2, 3) == (1, 1)
        found = pad.workflows.find({}, {"name": 1, "state": 1})
        assert {each["name"]: each["state"] for each in found} == {"n1": "ARCHIVED", "n2": "READY", "n3": "READY"}
        pad.defuse_wf(pad.get_wf_ids({"name": "n2"})[0])
        assert put(2, 3) == (1, 1), "one that was stopped is put there again"
        pad.fireworks.delete_one({"name": "summary", "spec.potash.study": "n3"})
        assert put(2, 3) == (1, 1), "one that a killed submission left without its jobs is put there again"
        assert pad.workflows.count_documents({"name": "n3"}) == 1
