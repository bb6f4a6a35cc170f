"""What is asked of Slurm: profiles, shares and scripts, without a Slurm."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from potash.campaign import load as load_campaign
from potash.errors import BadInput
from potash.studies.common import Resources
from potash.workflows import slurm, submission
from potash.workflows.build import build
from potash.workflows.cluster import Cluster, load
from potash.workflows.ledger import Ledger
from potash.workflows.planning import Entry
from potash.workflows.shares import Share, chosen, share_out, together
from tests.conftest import Run

SHARE = Share(studies=["a"], core_seconds=10, cores=4, memory=2000, walltime=86400, stop=300)

HOSTILE = [
    "$(touch /tmp/owned)",
    "`id`",
    "a; rm -rf ~",
    "a\n#SBATCH --uid=0",
    "a b",
    "'",
    '"',
    "--uid=0",
    "../../x",
    "a\x00b",
    "",
    "é",
    "$HOME",
]


def profile(tmp_path: Path, text: str) -> Cluster:
    path = tmp_path / "cluster.yaml"
    path.write_text(text)
    return load(path)


def test_a_profile_is_read_as_it_is_documented(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text()
    text = re.search(r"```yaml\n(partition.*?)```", page, re.DOTALL)
    assert text is not None
    read = profile(tmp_path, text[1])
    assert (read.walltime, read.stop, read.memory) == (86400, 1800, 120 * 1024)
    assert read.directives == ("--constraint=skylake",)
    assert set(read.model_fields_set) == set(Cluster.model_fields), "the documentation names every key"


@pytest.mark.parametrize("written", ["24:00:00", '"24:00:00"', "1-00:00:00", "0-24:00:00"])
def test_times_are_read_as_slurm_writes_them(tmp_path: Path, written: str) -> None:
    assert profile(tmp_path, f"walltime: {written}\n").walltime == 86400


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("walltime: 1440\n", "walltime must be a time"),
        ("walltime: 00:00:30\n", "walltime must be a time"),
        ("cores: 0\n", "cores must be a whole number"),
        ("memory: 64\n", "memory must be an amount"),
        ("partition: a b\n", "partition must be the name"),
        ("modules: [a;b]\n", "modules must be a list"),
        ("scratch: /a b\n", "scratch must be a folder"),
        ("launcher: srun; id\n", "launcher must be the command"),
        ("directives: [--uid=0]\n", "directives must be a list"),
        ("directives: [-w x]\n", "directives must be a list"),
        ("environment: {A=B: 1}\n", "environment must be a mapping"),
        ("partitoin: a\n", "did you mean partition"),
        ("- a\n", "mapping"),
    ],
)
def test_a_wrong_profile_is_one_sentence_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput) as error:
        profile(tmp_path, f"account: x\n{text}" if ":" in text else text)
    assert words in str(error.value)
    assert re.match(rf"{tmp_path}/cluster.yaml:\d: ", str(error.value))
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("key", ["partition", "account", "qos", "modules", "directives", "scratch", "launcher"])
def test_nothing_in_a_profile_leaves_its_line(key: str, value: str) -> None:
    if (key, value) in {("scratch", "$HOME"), ("launcher", "a b"), ("launcher", "../../x")}:
        return
    given = {key: [value] if key in ("modules", "directives") else value}
    with pytest.raises(ValueError, match=key):
        Cluster.model_validate(given)


@given(name=st.text(), value=st.text(), path=st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8")))
def test_scripts_are_whole_whatever_names_say(name: str, value: str, path: str) -> None:
    try:
        cluster = Cluster(environment={"WORD": value})
    except ValueError:
        assert "\0" in value
        return
    text = slurm.script(name, SHARE, cluster, ["python", path])
    head = text.split("export WORD=")[0]
    assert all(re.fullmatch(r"#SBATCH --[a-z-]+(=[A-Za-z0-9%.:-]+)?|#!/bin/bash", line) for line in head.splitlines())


@pytest.mark.parametrize("value", [value for value in HOSTILE if "\0" not in value])
def test_the_shell_passes_hostile_words_on_as_they_are(tmp_path: Path, value: str) -> None:
    show = ["python3", "-c", "import os, sys; print([os.environ['WORD'], os.environ['POTASH_MPIEXEC'], *sys.argv[1:]])"]
    cluster = Cluster(environment={"WORD": value}, launcher="srun --overlap", modules=())
    path = tmp_path / "job.sh"
    path.write_text(slurm.script(value, SHARE, cluster, [*show, value]))
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
    told = subprocess.run(["bash", str(path)], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert told.stdout.strip() == str([value, "srun --overlap", value])


def test_a_module_that_is_not_there_ends_the_job(tmp_path: Path) -> None:
    path = tmp_path / "job.sh"
    path.write_text(slurm.script("a", SHARE, Cluster(modules=("no-such/1.0",)), ["touch", "ran"]))
    assert subprocess.run(["bash", str(path)], cwd=tmp_path, capture_output=True, check=False).returncode == 3
    assert not (tmp_path / "ran").exists()


def entry(study: str, core_seconds: float, **more: object) -> Entry:
    about = dict.fromkeys(("label", "task", "formula", "engine"), "x")
    known = {"key": study, "atoms": 1, "kpoints": [], "settings": {}, "options": {}, "certain": True, "calls": 10}
    return Entry(
        study=study,
        core_seconds=core_seconds,
        **{**about, **known, "state": "to do", "memory": 1.0, "cores": 1, **more},
    )


def shared(costs: list[float], cluster: Cluster, count: int | None = None, **more: object) -> list[Share]:
    names = [f"s{number}" for number in range(len(costs))]
    entries = [entry(name, cost, **more) for name, cost in zip(names, costs, strict=True)]
    resources = dict.fromkeys(names, Resources())
    return share_out([[name] for name in names], entries, resources, cluster, count)


@given(costs=st.lists(st.floats(0, 1e6), min_size=1, max_size=30), count=st.integers(1, 8))
def test_every_study_is_in_one_share_and_no_share_is_much_longer_than_another(costs: list[float], count: int) -> None:
    shares = shared(costs, Cluster(), count)
    assert sorted(study for share in shares for study in share.studies) == sorted(f"s{n}" for n in range(len(costs)))
    assert len(shares) == min(count, len(costs))
    loads = [share.core_seconds for share in shares]
    assert max(loads) - min(loads) <= max(costs) * 1.0001


def test_the_longest_studies_are_dealt_first() -> None:
    assert [share.core_seconds for share in shared([1.0, 1.0, 1.0, 1.0, 4.0], Cluster(), 2)] == [4.0, 4.0]


def test_short_studies_are_packed_and_long_ones_are_not() -> None:
    cluster = Cluster(cores=4, walltime="01:00:00")
    assert len(shared([10.0] * 50, cluster)) == 1
    assert len(shared([4 * 3600.0] * 50, cluster)) == cluster.allocations
    done = shared([1e6] * 50, cluster, state="done")
    assert len(done) == 1
    assert done[0].core_seconds == 0


def test_an_allocation_asks_for_what_its_calculations_need() -> None:
    (share,) = shared([7200.0, 7200.0, 7200.0], Cluster(cores=2), memory=3.0)
    assert share.cores == 2
    assert share.memory == 2 * 3072 + 1024, "two at once"
    assert share.walltime == 2 * 3 * 3600 + 1800
    assert share.stop == 2 * 720, "twice a force call"
    (small,) = shared([7200.0], Cluster(cores=2, memory="2G", walltime="00:40:00"), memory=3.0)
    assert (small.memory, small.walltime, small.stop) == (2048, 2400, 1200)


def test_a_study_says_what_its_allocation_has() -> None:
    asked = {"a": Resources(cores=8, memory="5G"), "b": Resources()}
    (share,) = share_out([["a"], ["b"]], [entry("a", 5), entry("b", 5)], asked, Cluster(cores=2))
    assert (share.cores, share.memory) == (8, 5120)


def test_studies_that_rest_on_each_other_stay_together(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    lines = [
        "{kind: bulk, phase: [Cu, Al]}",
        "{kind: adsorption, phase: Cu, facets: [[1, 1, 1]], ion: Cu, supercell: [[1, 1], [2, 2]], id: ads}",
    ]
    path.write_text("campaign: c\nengine: emt\nstudies:\n" + "".join(f"  - {line}\n" for line in lines))
    flows = build(load_campaign(path))
    assert together(flows) == [["bulk-Cu"], ["bulk-Al"], ["ads-1x1", "ads-2x2", "ads"]]
    assert list(chosen(flows, ["ads"])) == ["ads-1x1", "ads-2x2", "ads"]
    with pytest.raises(BadInput, match=r"no study has the id 'bulk-Ca'.*bulk-Cu"):
        chosen(flows, ["bulk-Ca"])


def test_only_some_studies_are_run(tmp_path: Path, potash: Run) -> None:
    (tmp_path / "c.yaml").write_text("campaign: c\nengine: emt\nstudies:\n  - {kind: bulk, phase: [Cu, Al]}\n")
    (tmp_path / "names").write_text("bulk-Al\n")
    assert potash("run", "c.yaml", "--only", "@names").returncode == 0
    ledger = Ledger(tmp_path / "c")
    assert [study for study, *_ in ledger.studies()] == ["bulk-Al"]
    ledger.close()
    missing = potash("run", "c.yaml", "--only", "@nothing")
    assert missing.returncode == 2
    assert "no text file at nothing" in missing.stderr


def test_status_does_not_wait_for_a_slurm_that_does_not_answer(tmp_path: Path, potash: Run) -> None:
    (tmp_path / "c.yaml").write_text("campaign: c\nengine: emt\nstudies:\n  - {kind: bulk, phase: Cu}\n")
    project = tmp_path / "c"
    project.mkdir()
    ledger = Ledger(project, make=True)
    ledger.begin("c", tmp_path / "c.yaml", [("bulk-Cu", "bulk")], {})
    ledger.close()
    about = {"name": "c", "file": tmp_path / "c.yaml", "vault": project / "vault", "shares": [SHARE]}
    none = dict.fromkeys(("engine", "protocol", "scratch", "most"))
    submission.save(project, submission.Submission(**about, **none))
    folder = submission.folder_of(project, 1)
    folder.mkdir(parents=True)
    submission.keep(project, 1, submission.State(memory=1, running="1"))
    squeue = tmp_path / "bin" / "squeue"
    squeue.parent.mkdir()
    squeue.write_text("#!/bin/sh\nexec sleep 60\n")
    squeue.chmod(0o755)
    began = time.monotonic()
    told = potash("status", "c", PATH=f"{squeue.parent}:/usr/bin:/bin")
    assert time.monotonic() - began < 30
    assert told.returncode == 0
    assert "Slurm does not answer" in told.stdout
    assert "bulk-Cu" in told.stdout
    gone = potash("status", "c", PATH="/nowhere")
    assert "no squeue on this machine" in gone.stdout


def test_submit_without_a_slurm_is_one_sentence(tmp_path: Path, potash: Run, campaign: Path) -> None:
    told = potash("submit", str(campaign), "--to", "slurm", PATH="/nowhere")
    assert told.returncode == 2
    assert "no sbatch on this machine" in told.stderr
    assert "Traceback" not in told.stderr
    assert potash("submit", str(campaign), "--to", "slum").returncode == 2
