"""The report of many studies: what the page holds, and what a browser makes of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from potash.analysis import report
from potash.analysis.report.many import CHUNK
from tests.analysis.test_report import CHROMIUM, Page, browse, bulk_study, crashed_study, every_kind

COUNT = report.MANY + 80


def studies() -> list[dict[str, Any]]:
    """More than fit on one page: of every kind one, failed ones, and copper as soft and hard as need be."""
    made = [{**bulk_study(), "id": f"bulk-{number}"} for number in range(COUNT - 15)]
    for number, one in enumerate(made):
        one["quantities"]["B0"]["value"] = 100.0 + number
    crashed = [crashed_study(f"crash-{number}", "</script><b>no result</b>") for number in range(6)]
    return [*every_kind(), *made, *crashed]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("many")
    report.write("many & more", iter(studies()), made)
    return made


def sections(folder: Path) -> list[tuple[str, str]]:
    """All sections as the page loads them."""
    found: list[tuple[str, str]] = []
    for file in sorted((folder / "studies").glob("*.js")):
        call = re.fullmatch(r"takeStudies\((\d+), (.*)\);\n", file.read_text("utf-8"), re.S)
        assert call is not None
        assert int(call[1]) == int(file.stem)
        found += [tuple(each) for each in json.loads(call[2])]
    return found


def test_results_json_is_what_a_small_report_writes(folder: Path, tmp_path: Path) -> None:
    some = every_kind()
    report.write("c", some, tmp_path)
    small = json.loads((tmp_path / "results.json").read_text("utf-8"))
    large = json.loads((folder / "results.json").read_text("utf-8"))
    assert large["campaign"] == "many & more"
    assert large["studies"][: len(some)] == small["studies"]
    assert len(large["studies"]) == COUNT
    assert large["together"] == small["together"]


def test_every_study_has_a_row_and_a_section(folder: Path) -> None:
    text = (folder / "index.html").read_text("utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])  # type: ignore[index]
    asked = studies()
    assert [row[0] for row in data["rows"]] == [one["id"] for one in asked]
    assert data["chunk"] == CHUNK
    found = sections(folder)
    assert [name for name, _ in found] == [one["id"] for one in asked]
    for position, (name, section) in enumerate(found):
        page = Page(section)
        assert [tag["id"] for tag in page.having("study")] == [f"study-{position + 1}"]
        assert name in page.words
    names = [name for name, _ in data["kinds"]["bulk"]]
    of_last = next(row for row in data["rows"] if row[0] == f"bulk-{COUNT - 16}")
    assert of_last[9][names.index("B₀")] == 100.0 + COUNT - 16


def test_hostile_words_end_no_script(folder: Path) -> None:
    text = (folder / "index.html").read_text("utf-8")
    assert "<b>no result" not in text
    assert all("<b>no result" not in section for _, section in sections(folder))


def test_fewer_studies_leave_nothing_of_more(tmp_path: Path) -> None:
    report.write("c", studies(), tmp_path)
    fewer = studies()[: report.MANY + 1]
    report.write("c", fewer, tmp_path)
    assert len(sections(tmp_path)) == len(fewer)


READER = """<script>addEventListener("load", () => setTimeout(async () => {
  const form = document.getElementById("filters");
  form.elements.words.value = "crash-3";
  form.elements.words.dispatchEvent(new Event("input", {bubbles: true}));
  const fits = document.querySelectorAll(".summary tbody tr").length;
  form.reset();
  await new Promise((done) => setTimeout(done, 100));
  const shown = document.querySelectorAll(".summary tbody tr").length;
  location.hash = "#study-120";
  await new Promise((done) => setTimeout(done, 1500));
  document.body.dataset.read = `${fits} ${shown} ${document.querySelector("#opened .id").textContent}`;
}, 500));</script>"""


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_browser_filters_and_opens_a_study(folder: Path, tmp_path: Path) -> None:
    read = folder / "read.html"
    read.write_text((folder / "index.html").read_text("utf-8").replace("</body>", READER + "</body>"), "utf-8")
    seen = browse(read, tmp_path / "profile", "--window-size=1400,2000", "--dump-dom")
    assert [line for line in seen.stderr.splitlines() if ":CONSOLE" in line and "GL Driver Message" not in line] == []
    assert f'data-read="1 50 {studies()[119]["id"]}"' in seen.stdout
    page = Page(seen.stdout)
    assert "next ›" in page.words
    canvas = next(attributes for tag, attributes in page.tags if tag == "canvas")
    assert int(canvas["width"] or 0) > 800
