"""Campaigns through a LaunchPad with real workers, some of them really killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.workflows.launching import PASSWORD, Desk, launchpad, until
from tests.workflows.test_here import calls, finished, results, task, whole, workers

CAMPAIGN = """\
campaign: c
engine: emt
studies:
  - {kind: bulk, phase: [Cu, Al]}
  - {kind: ordering, order: [bulk-Cu, bulk-Al], quantity: a}
  - {kind: phonons, phase: Cu, supercell: [2, 2, 2]}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with launchpad(tmp_path) as made:
        (tmp_path / "c.yaml").write_text(CAMPAIGN)
        yield made


def frames(path: Path) -> list[str]:
    return ["\n".join(frame.splitlines()[1:]) for frame in path.read_text().split("Lattice=")[1:]]


def assert_nothing_twice(project: Path) -> None:
    for path in project.glob("vault/*/*/calls.xyz"):
        found = frames(path)
        assert len(set(found)) == len(found), "a force call was made twice"


def assert_no_password(desk: Desk) -> None:
    told = [desk.printed, *(str(document) for _, document in desk.mongo.documents())]
    files = [path for path in desk.folder.rglob("*") if path.is_file() and path != desk.file]
    assert len(files) > 8
    told += [path.read_bytes().decode(errors="replace") for path in files]
    assert not any(PASSWORD in text for text in told)


def test_two_workers_bring_a_campaign_to_its_report(desk: Desk) -> None:
    submitted = desk.potash("submit", "c.yaml", "--to", "fireworks")  # the LaunchPad's file is found as lpad finds it
    assert submitted.returncode == 0, submitted.stderr
    assert "2 workflows added" in submitted.stdout
    assert '"state": "READY"' in desk.fireworks("lpad", "get_wflows").stdout
    before = desk.potash("status", "c").stdout
    assert "WAITING" in before
    assert "bulk-Cu" in before
    both = [desk.worker(), desk.worker()]
    assert [worker.wait(timeout=300) for worker in both] == [0, 0]
    after = desk.potash("status", "c").stdout
    assert after.count("done") == 4, after
    assert "0 failed, 0 at work" in after
    assert desk.potash("report", "c").returncode == 0
    assert json.loads((desk.folder / "c" / "launchpad.json").read_text())["file"] == str(desk.file)
    studies = results(desk.folder / "c")
    assert [study["status"] for study in studies.values()] == ["done"] * 4
    assert studies["bulk-Cu"]["quantities"]["a"]["value"] == pytest.approx(3.590, abs=0.002)
    assert_nothing_twice(desk.folder / "c")
    done = finished(desk.folder / "c")
    assert "0 workflows added" in desk.submit("c.yaml").stdout
    assert desk.potash("run", "c.yaml").returncode == 0, "the same project goes on without a LaunchPad"
    assert finished(desk.folder / "c") == done, "a local run finds what the workers made"
    assert_no_password(desk)


def test_what_is_killed_goes_on_elsewhere_and_repeats_no_call(desk: Desk) -> None:
    line = "{kind: barrier, host: Cu, ion: Cu, supercell: [4, 3, 3], cutoff: 3, images: 9}"
    (desk.folder / "s.yaml").write_text(f"campaign: s\nengine: emt\nstudies:\n  - {line}\n")
    project = desk.folder / "s"
    assert desk.submit("s.yaml").returncode == 0

    # A calculation's own process.
    worker = desk.worker()
    until(lambda: calls(project) >= 2 and bool(workers(project)))

    def given_up() -> bool:
        for pid in workers(project):  # once is not enough: the calculation starts again in the same job
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return worker.poll() is not None

    until(given_up)
    assert worker.returncode == 0
    told = desk.potash("status", "s").stdout
    assert "its process was killed (code -9)" in told, told
    assert "1 FIZZLED" in told
    assert "1 jobs are ready again" in desk.potash("rerun", "s").stdout

    # A worker, in the middle of a band.
    worker = desk.worker()

    def band() -> Path | None:
        return next((path / "calls.xyz" for path in project.glob("vault/*/*") if task(path) == "surrogate"), None)

    until(lambda: (path := band()) is not None and path.exists() and path.read_text().count("Lattice=") >= 2)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    until(lambda: not workers(project))
    path = band()
    assert path is not None
    kept, done = whole(path.read_text()), finished(project)
    assert not (path.parent / "result.json").exists(), "killed in the middle of the band"
    assert "1 RUNNING" in desk.potash("status", "s").stdout, "nobody has noticed yet"
    other = desk.worker()  # a lost run is nobody's until it is looked for: this one waits, for jobs that follow from it
    assert desk.fireworks("lpad", "detect_lostruns", "--time", "0", "--rerun").returncode == 0
    assert other.wait(timeout=300) == 0
    assert "done" in desk.potash("report", "s").stdout + desk.potash("status", "s").stdout
    assert done.items() <= finished(project).items(), "a finished calculation was run again"
    assert path.read_text().startswith(kept), "a force call on record was lost"
    assert_nothing_twice(project)
    (study,) = results(project).values()
    assert study["provenance"]["band_calls"] == len(frames(path))


def test_without_its_server_a_project_tells_what_it_knew_last(tmp_path: Path) -> None:
    with launchpad(tmp_path) as desk:
        (tmp_path / "c.yaml").write_text(CAMPAIGN)
        desk.submit("c.yaml")
        desk.fireworks("rlaunch", "singleshot", "--fw_id", "1")
        asked = desk.potash("status", "c").stdout
    again = desk.potash("status", "c")
    assert again.returncode == 0
    assert again.stdout.splitlines()[:-1] == asked.splitlines()[:-1]
    assert "not reached" in again.stdout
    assert_no_password(desk)


SBATCH = """#!/usr/bin/env bash
set -eu
cp "$1" "$(dirname "$0")/asked"
bash "$1" > "$(dirname "$0")/out" 2>&1
echo "Submitted batch job 7"
"""


def test_qlaunch_asks_the_queue_for_what_the_estimate_says(desk: Desk) -> None:
    # The queue's part is played by a script that runs what it is given; FireWorks with a real Slurm: see the docs.
    desk.submit("c.yaml")
    queue = desk.folder / "queue"
    queue.mkdir()
    (queue / "sbatch").write_text(SBATCH)
    (queue / "sbatch").chmod(0o755)
    adapter = desk.folder / "my_qadapter.yaml"
    launch = f"rlaunch -l {desk.file} singleshot"
    adapter.write_text(f"_fw_name: CommonAdapter\n_fw_q_type: SLURM\nrocket_launch: {launch}\nqueue: short\n")
    worker = desk.folder / "my_fworker.yaml"
    worker.write_text("name: here\ncategory: serial\nquery: '{}'\nenv: {cores: 1}\n")
    files = ["-w", str(worker), "-q", str(adapter), "-r", "-s", "singleshot"]
    bin_ = Path(desk.words("rlaunch")[0]).parent
    done = desk.fireworks("qlaunch", *files, PATH=f"{queue}:{bin_}:{os.environ['PATH']}")
    assert done.returncode == 0
    assert done.stdout + done.stderr == "", "silent"
    asked = (queue / "asked").read_text()
    for line in ("--ntasks=1", "--time=00:15:00", "--mem-per-cpu=1178", "--partition=short"):
        assert f"#SBATCH {line}\n" in asked, asked
    assert "Rocket finished" in (queue / "out").read_text()
    assert {each["state"] for each in desk.pad.launches.find()} == {"COMPLETED"}


def test_the_web_page_shows_workflows_and_jobs(desk: Desk) -> None:
    desk.submit("c.yaml")
    script = (
        "import json, sys; from fireworks import LaunchPad; from fireworks.flask_site import app as site\n"
        "site.app.lp = LaunchPad.from_file(sys.argv[1]); client = site.app.test_client()\n"
        "site.app.config['WEBGUI_USERNAME'] = None\n"
        "print(json.dumps({p: [(r := client.get(p)).status_code, r.text] for p in sys.argv[2:]}))"
    )
    pages = ["/", "/fw/1", "/wf/1", "/fw/1/details", "/wf/1/json", "/fw/ready/"]
    words = [desk.words("lpad")[0].replace("lpad", "python"), "-c", script, str(desk.file), *pages]
    run = subprocess.run(words, cwd=desk.folder, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    shown = json.loads(run.stdout)
    assert {page: status for page, (status, _) in shown.items()} == dict.fromkeys(pages, 200)
    assert "bulk-Cu" in shown["/"][1]
    assert "cell of Cu" in shown["/fw/1"][1]
    assert PASSWORD not in run.stdout
