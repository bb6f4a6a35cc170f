"""Adsorption sites that a cheaper engine tries first, with EMT as both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ase.build import add_adsorbate, fcc111

from potash.structures.encoding import Plain, encode
from potash.workflows.search import rank
from tests.direct import Direct, assert_refused, run

STUDY = "kind: adsorption, phase: Cu, facets: [[1, 1, 1]], ion: Cu, supercell: [2, 2], layers: 3"


def written(folder: Path, study: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(f"campaign: s\nengine: emt\nstudies:\n  - {{{study}}}\n")
    return path


def done(folder: Path, study: str) -> tuple[dict[str, Any], list[str]]:
    folder.mkdir()
    place = Direct(folder)
    result = next(iter(run(written(folder, study), place).values())).result
    return result, place.labels


def test_a_search_finds_the_same_lowest_site_and_the_engine_relaxes_few(tmp_path: Path) -> None:
    every, _ = done(tmp_path / "every", STUDY)
    best, labels = done(tmp_path / "best", f"{STUDY}, search: {{engine: emt, keep: 1}}")
    assert sum("search" in label for label in labels) == 5  # top, bridge, two hollows; the best of them once more
    assert sum("best 1 of the search" in label for label in labels) == 1
    values = [result["quantities"]["adsorption energy"]["value"] for result in (every, best)]
    assert values[0] == pytest.approx(values[1], abs=1e-3)
    assert sum(name.startswith("height") for name in best["quantities"]) == 1
    told = next(note for note in best["notes"] if "a search only" in note)
    assert told.count("meV") == 4
    assert "+0 meV" in told
    assert not any("a search only" in note for note in every["notes"])
    # EMT's copper: 3.59 Å, neighbours 2.54 Å apart.
    assert "one adsorbate on 22.3 Å², 5.1 Å from its own image" in every["notes"][0]


def test_the_best_two_are_relaxed(tmp_path: Path) -> None:
    result, labels = done(tmp_path / "two", f"{STUDY}, search: {{engine: emt, keep: 2}}")
    names = {name.removeprefix("height ") for name in result["quantities"] if name.startswith("height")}
    assert names == {"hollow-1", "hollow-2"}
    assert sum("of the search" in label for label in labels) == 2


def at(height: float, site: str = "fcc") -> Plain:
    slab = fcc111("Cu", (2, 2, 2), vacuum=10)
    add_adsorbate(slab, "Cu", height, site)
    return encode(slab)


def test_what_left_the_surface_comes_last() -> None:
    quick = [{"atoms": at(6.0), "energy": -1.0, "engine": "emt"}, {"atoms": at(1.9), "energy": 0.0, "engine": "emt"}]
    found = rank.original(["gone", "held"], [at(2.0), at(2.0)], quick, 1)
    assert [each["name"] for each in found["kept"]] == ["held"]
    assert found["found"]["sites"]["gone"]["energy"] == pytest.approx(-1.0)


def test_twins_take_no_place_and_what_is_lacking_repeats_the_last() -> None:
    relaxed = [at(1.9), at(1.9), at(2.1, "ontop")]
    quick = [
        {"atoms": atoms, "energy": energy, "engine": "emt"}
        for atoms, energy in zip(relaxed, (0, 0.001, 0.5), strict=True)
    ]
    found = rank.original(["a", "b", "c"], relaxed, quick, 3)
    assert [each["name"] for each in found["kept"]] == ["a", "c", "c"]
    assert found["found"]["sites"]["b"]["twin"] == "a"


@pytest.mark.parametrize(("search", "words"), [
    ("{engine: nothing}", "unknown engine 'nothing'"),
    ("{engine: emt, keep: 0}", "search must be a mapping of engine"),
    ("{keep: 2}", "search"),
    ("emt", "search must be a mapping of engine"),
])  # fmt: skip
def test_what_cannot_be_searched_is_told(search: str, words: str, tmp_path: Path) -> None:
    assert_refused(written(tmp_path, f"{STUDY}, search: {search}"), words, line=4)
