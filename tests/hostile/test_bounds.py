"""What is too large, lies elsewhere, or would run: told in seconds and in little memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from pathlib import Path

import pytest
from ase.io import write

from potash.campaign import load
from potash.errors import BadInput
from potash.structures.files import read
from potash.structures.phases import phase
from potash.workflows.build import benches, build, folder_of
from tests.conftest import command
from tests.hostile.readers import GOOD, is_a_sentence

HEAD = "campaign: t\nengine: emt\nstudies:\n"
OWN = HEAD + "  - {kind: bulk, phase: {file: %s}}\n"
#: What a plan may take at most: libraries alone map 2 GiB.
MEMORY = 4 * 2**30


def plan(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Plan as a user does, with little memory."""
    return subprocess.run(
        command("plan", *words), cwd=folder, env={**os.environ, "COLUMNS": "160", **variables}, text=True, timeout=300, check=False,
        capture_output=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )  # fmt: skip


def sparse(path: Path, size: int, start: str) -> None:
    path.write_text(start)
    with path.open("r+") as file:
        file.truncate(size)


def crowd(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write(f"{count}\nProperties=species:S:1:pos:R:3\n")
        file.writelines(f"Cu {i % 100 * 3} {i // 100 % 100 * 3} {i // 10000 * 3}\n" for i in range(count))


def by_symmetry(path: Path, sites: int) -> None:
    text = GOOD[".cif"].replace("Tables_number 1", "Tables_number 225").replace("3.61", "900")
    rows = [f"Cu{i} Cu {0.01 + i % 97 / 200} {0.013 + i // 97 / 400} 0.001 1\n" for i in range(sites)]
    path.write_text(text[: text.index("Cu1")] + "".join(rows))


def hostile(folder: Path, what: str) -> str:
    """Write a campaign that is too large in one way; give what must be said."""
    files = {"a CIF of 1 GB": "a.cif", "a million atoms": "a.xyz", "a million by symmetry": "b.cif"}
    (folder / "t.yaml").write_text(OWN % files[what] if what in files else HEAD + "  - {kind: bulk, phase: Cu}\n")
    if what == "a CIF of 1 GB":
        sparse(folder / "a.cif", 10**9, GOOD[".cif"])
        return "a.cif has 954 MiB; at most 8 are taken (POTASH_MAX_STRUCTURE raises that)"
    if what == "a million atoms":
        crowd(folder / "a.xyz", 1_000_000)
        return "a.xyz has 1000000 atoms; at most 10000 are taken (POTASH_MAX_ATOMS raises that)"
    if what == "a million by symmetry":
        by_symmetry(folder / "b.cif", 6000)
        return "atoms; at most 10000 are taken"
    if what == "a campaign of 1 GB":
        sparse(folder / "t.yaml", 10**9, HEAD)
        return "t.yaml has 17 MiB; at most 16 are taken (POTASH_MAX_CAMPAIGN raises that)"
    if what == "a million studies":
        lists = f"phase: [{', '.join(['Cu'] * 1000)}], facets: [{', '.join(['[1, 1, 1]'] * 1000)}]"
        (folder / "t.yaml").write_text(f"{HEAD}  - {{kind: adsorption, ion: Al, {lists}}}\n")
        return "has 1000000 studies; at most 100000 are taken (POTASH_MAX_STUDIES raises that)"
    (folder / "t.yaml").write_text("campaign: " + "[" * 5_000_000)
    return "t.yaml:1: nested too deeply"


@pytest.mark.parametrize(
    "what",
    ["a CIF of 1 GB", "a million atoms", "a million by symmetry", "a campaign of 1 GB", "a million studies", "nested"],
)
def test_what_is_too_large_is_told_soon_in_little_memory(what: str, tmp_path: Path) -> None:
    says = hostile(tmp_path, what)
    began = time.monotonic()
    ran = plan(tmp_path, "t.yaml", POTASH_MAX_STRUCTURE="64" if what == "a million atoms" else "")
    assert ran.returncode == 2, ran.stderr
    assert says in ran.stderr
    assert is_a_sentence(ran.stderr.strip())
    assert time.monotonic() - began < 60  # seconds; many times as many on a machine that is busy


def test_a_limit_can_be_raised_and_must_be_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(tmp_path / "a.xyz", 10_100)
    with pytest.raises(BadInput, match="POTASH_MAX_ATOMS raises that"):
        read(tmp_path / "a.xyz")
    monkeypatch.setenv("POTASH_MAX_ATOMS", "20000")
    assert len(read(tmp_path / "a.xyz")) == 10_100
    monkeypatch.setenv("POTASH_MAX_ATOMS", "many")
    with pytest.raises(BadInput, match="POTASH_MAX_ATOMS must be a whole number greater than 0, not many"):
        read(tmp_path / "a.xyz")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A campaign's folder, a structure in it and one beside it, with links that lead out and in."""
    inner = tmp_path / "inner"
    (inner / "below").mkdir(parents=True)
    for place in (tmp_path, inner, inner / "below"):
        write(place / "cu.cif", phase("Cu"))
    (inner / "out.cif").symlink_to(tmp_path / "cu.cif")
    (inner / "outside").symlink_to(tmp_path)
    (inner / "in.cif").symlink_to(inner / "below" / "cu.cif")
    (inner / "circle.cif").symlink_to(inner / "circle.cif")
    return inner


@pytest.mark.parametrize("file", ["cu.cif", "below/cu.cif", "in.cif", "below/../cu.cif"])
def test_files_beside_and_below_a_campaign_are_read(file: str, folders: Path) -> None:
    (folders / "t.yaml").write_text(OWN % file)
    assert len(build(load(folders / "t.yaml"))) == 1


@pytest.mark.parametrize("file", ["../cu.cif", "out.cif", "outside/cu.cif", "below/../../cu.cif", "circle.cif"])
def test_files_elsewhere_are_read_where_their_folder_is_allowed(
    file: str, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folders / "t.yaml").write_text(OWN % file)
    with pytest.raises(BadInput) as caught:
        build(load(folders / "t.yaml"))
    assert is_a_sentence(str(caught.value))
    if file != "circle.cif":
        assert f"lies outside the campaign file's folder {folders}; copy it there" in str(caught.value)
        assert str(caught.value).endswith(f"--files {folders.parent}")
        monkeypatch.setenv("POTASH_FILES", str(folders.parent))
        assert len(build(load(folders / "t.yaml"))) == 1


def test_the_option_allows_a_folder(folders: Path) -> None:
    (folders / "t.yaml").write_text(OWN % "../cu.cif")
    assert plan(folders, "t.yaml").returncode == 2
    allowed = plan(folders, "t.yaml", "--files", "..")
    assert allowed.returncode == 0, allowed.stderr


@pytest.mark.parametrize("place", ["properties", "deeper", "callable"])
def test_a_structure_builds_no_class(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')\ndef f(): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    evil = {"@module": "evil", "@callable": "f"} if place == "callable" else {"@module": "evil", "@class": "f"}
    told = json.loads(GOOD[".json"])
    del told["sites"][1]["properties"]
    told["sites"][0]["properties"] = {"magmom": [evil] if place == "deeper" else evil}
    (tmp_path / "a.json").write_text(json.dumps(told))
    assert len(read(tmp_path / "a.json")) == 2
    assert not (tmp_path / "trace").exists()


def test_moments_of_a_structure_stay(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(GOOD[".json"])
    assert read(tmp_path / "a.json").get_initial_magnetic_moments().tolist() == [0.5, 4.0]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("a b;$(id).cif", "a_b__(id)"),
        ("[red]x.cif", "_red_x"),
        ("-rf.cif", "-rf"),
        ("é\u202ex.cif", None),
        ("x" * 200 + ".cif", "x" * 60),
    ],
)
def test_names_of_files_become_plain_ids(name: str, label: str | None, tmp_path: Path) -> None:
    write(tmp_path / "cu.cif", phase("Cu"))
    (tmp_path / "cu.cif").rename(tmp_path / name)
    (tmp_path / "t.yaml").write_text(OWN % json.dumps(name, ensure_ascii=False), encoding="utf-8")
    if label is None:
        with pytest.raises(BadInput):
            load(tmp_path / "t.yaml")
        return
    assert [bench.name for bench in benches(load(tmp_path / "t.yaml"))] == [f"bulk-{label}"]


@pytest.mark.parametrize("name", ["a/../../b", "x/y z", "~", "C:\\x", "é", "a..b"])
def test_a_campaigns_folder_is_one_of_its_own_here(name: str, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(
        f"campaign: '{name}'\nengine: emt\nstudies: [{{kind: bulk, phase: Cu}}]\n", encoding="utf-8"
    )
    folder = folder_of(load(tmp_path / "t.yaml"), None)
    assert len(folder.parts) == 1
    assert folder.parts[0] not in (".", "..")
