from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import add_adsorbate, bulk, fcc111, molecule
from ase.eos import birchmurnaghan
from ase.units import GPa
from ase.utils.forcecurve import fit_raw

from potash.analysis.report import numbers, write
from potash.analysis.report.scene import scene
from potash.analysis.result import Provenance, Quantity, Reference, StudyResult, View, at_least, at_most, stand_beside
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.structures.phases import phase

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PROVENANCE = Provenance(
    engine="emt", version="3.29.0", protocol="fast", force_calls=1042, band_calls=35, core_seconds=90.5,
    settings={"functional": "PBE", "kpoints": [4, 4, 2], "symmetry": True}, keys=("9e74f903040b1684b85e5c15",),
)  # fmt: skip


def study(
    kind: str, system: str, quantities: dict[str, Quantity], atoms: dict[str, list[Atoms]], data: dict[str, Any],
    published: tuple[str, ...] = (), **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A result as plain data; where a check is broken, its numbers are refused as a workflow refuses them."""
    broken = [check.name for quantity in quantities.values() for check in quantity.checks if not check.passed]
    if broken:
        quantities = {name: one.model_copy(update={"value": None}) for name, one in quantities.items()}
        more = {"status": "failed", "reason": f"{broken[0]} is beyond its limit", **more}
    result = StudyResult(
        id=more.pop("id", f"{kind}-{system.split()[0]}"), kind=kind, system=system, status=more.pop("status", "done"),
        quantities=quantities, published=stand_beside(published, quantities), provenance=PROVENANCE, data=data,
        views=tuple(View(title=name, frames=tuple(map(encode, frames))) for name, frames in atoms.items()), **more,
    )  # fmt: skip
    return result.model_dump(mode="json")


def bulk_study(modulus: float = 137.0) -> dict[str, Any]:
    """Copper with points that lie on a Birch–Murnaghan curve of this modulus, in GPa."""
    v0 = 3.58**3 / 4
    parameters = (-3.5, modulus * GPa, 5.0, v0)
    volumes = np.linspace(0.94, 1.06, 7) * v0
    checks = (at_most("largest force left", 0.012, 0.05, "eV/Å"), at_least("minimum within the volumes", 1, 1))
    wyckoff = Reference(value=3.61496, source="R. W. G. Wyckoff, Crystal Structures (1963)")
    quantities = {
        "V0": Quantity(value=v0, unit="Å3/atom", says="volume at the minimum", checks=checks),
        "B0": Quantity(value=modulus, unit="GPa", says="bulk modulus at the minimum", checks=checks),
        "a": Quantity(value=3.58, unit="Å", says="lattice constant", experiment=wyckoff, checks=checks),
    }
    energies = [float(birchmurnaghan(volume, *parameters)) for volume in volumes]
    data = {"volumes": volumes.tolist(), "energies": energies, "parameters": parameters, "atoms": 1}
    return study("bulk", "Cu", quantities, {"Relaxed cell": [phase("Cu", primitive=True)]}, data)


def vacancy_hop() -> tuple[list[Atoms], int, np.ndarray]:
    """Seven images of a potassium vacancy in potassium selenide, the index of the ion and its hop in Å."""
    host = phase("K2Se")
    k = [i for i, symbol in enumerate(host.symbols) if symbol == "K"]
    ion = min(k[1:], key=lambda i: host.get_distance(k[0], i, mic=True))
    hop = host.get_distance(ion, k[0], mic=True, vector=True)
    images = []
    for part in np.linspace(0, 1, 7):
        image = host.copy()
        image.positions[ion] += part * hop
        del image[k[0]]
        images.append(image)
    return images, ion - 1, hop


def barrier_study(height: float = 0.45, dip: float = 0.0, spread: float = 0.0) -> dict[str, Any]:
    """A hop along a cosine of this height, the image after the first lowered by `dip`; but for ends and saddle known within `spread` (eV)."""
    images, ion, hop = vacancy_hop()
    distance = float(np.linalg.norm(hop))
    path = np.linspace(0, distance, 7)
    energies = -40 + height * (1 - np.cos(2 * np.pi * path / distance)) / 2
    energies[1] -= dip
    forces = np.zeros((7, len(images[0]), 3))
    slope = np.pi * height / distance * np.sin(2 * np.pi * path / distance)
    forces[:, ion] = -slope[:, None] * hop / distance
    fit = fit_raw(energies, forces, [image.positions for image in images], images[0].cell, images[0].pbc)
    lowest = float(energies[1:-1].min() - energies[0])
    checks = (
        at_least("lowest image above the end points", lowest, -0.01, "eV"),
        at_most("force on the band", 0.04, 0.1, "eV/Å"),
    )
    barrier = Quantity(value=height, unit="eV", says="climbing image", answers="diffusion barrier", checks=checks)
    curve = {"path": fit.fit_path.tolist(), "energies": fit.fit_energies.tolist()}
    curve["spread"] = (spread * np.abs(np.sin(2 * np.pi * fit.fit_path / distance))).tolist()
    data = {"energies": energies.tolist(), "distances": path.tolist(), "curve": curve, "saddle": 3}
    data["spread"] = [0.0 if i in (0, 3, 6) else spread for i in range(7)]
    more: dict[str, Any] = {"notes": ("Not converged: the protocol 'fast'.",), "id": f"barrier-{height}-{dip}"}
    if dip:
        more |= {"status": "no barrier", "reason": f"lowest image above the end points: {lowest:.3g} eV (limit -0.01)"}
    return study("barrier", "K vacancy in K2Se", {"barrier": barrier}, {"Band": images}, data, ("A007",), **more)


def adsorption_study() -> dict[str, Any]:
    free = {"ontop": -1.9, "bridge": -2.2, "fcc": -2.35}
    checks = (at_most("move out of the site", 0.02, 0.5, "Å"),)
    quantities = {"adsorption energy": Quantity(value=-2.35, unit="eV", answers="adsorption energy", checks=checks)}
    slabs = {}
    for site, energy in free.items():
        slabs[site] = [fcc111("Cu", (3, 3, 2), vacuum=6)]
        add_adsorbate(slabs[site][0], "K", 2.6, site)
        quantities[f"E_ads {site}, bulk metal"] = Quantity(value=energy + 0.9, unit="eV", checks=checks)
    energies = {site: [energy, energy + 0.9] for site, energy in free.items()}
    return study("adsorption", "K on Cu (111)", quantities, slabs, {"energies": energies}, ("S03",))


def orbitals_study() -> dict[str, Any]:
    levels = {"CH3OH": [-6.3, 0.2], "CH3OCH3": [-5.8, 0.6], "H2CO": [-6.2, -2.1]}
    checks = (at_most("variation of the vacuum potential", 0.003, 0.05, "eV"),)
    quantities = {
        "LUMO H2CO − CH3OH": Quantity(value=-2.3, unit="eV", answers="orbital level", checks=checks),
        **{f"HOMO {name}": Quantity(value=pair[0], unit="eV", checks=checks) for name, pair in levels.items()},
    }
    shapes = {name: [molecule(name)] for name in levels}
    return study("orbitals", ", ".join(levels), quantities, shapes, {"levels": levels}, ("A049",))


def capacity_study() -> dict[str, Any]:
    host, product = phase("Sb", primitive=True), phase("K3Sb-hexagonal", primitive=True)
    volumes = {"host": host.get_volume(), "product": product.get_volume()}
    change = 100 * (volumes["product"] / volumes["host"] - 1)
    quantities = {
        "capacity": Quantity(value=660.35, unit="mAh/g", says="3 K per Sb", answers="theoretical capacity"),
        "volume change": Quantity(value=change, unit="%", answers="volume change"),
    }
    shapes = {"Host": [host], "Product": [product]}
    return study("capacity", "Sb → K3Sb-hexagonal", quantities, shapes, volumes, ("A237", "A262", "A295"))


def polymorphs_study(force: float = 0.012) -> dict[str, Any]:
    names = ["K3Sb-hexagonal", "K3Sb-cubic"]
    checks = (at_most("largest force left", force, 0.05, "eV/Å"),)
    quantities = {f"{names[1]} − {names[0]}": Quantity(value=37.0, unit="meV/atom", checks=checks)}
    shapes = {name: [phase(name, primitive=True)] for name in names}
    data = {"names": names, "energies": [-2.260, -2.223]}
    return study("polymorphs", " / ".join(names), quantities, shapes, data, id=f"polymorphs-{force}")


def crashed_study(name: str = "bulk-K", reason: str = "the engine gpaw ended without a result") -> dict[str, Any]:
    made = {"engine": "gpaw", "version": "", "protocol": "fast"}
    return StudyResult(id=name, kind="bulk", system=name, status="failed", reason=reason, provenance=made).model_dump(
        mode="json"
    )


def every_kind() -> list[dict[str, Any]]:
    return [
        bulk_study(), barrier_study(), barrier_study(0.05, 0.2), adsorption_study(), orbitals_study(), capacity_study(),
        polymorphs_study(), polymorphs_study(0.09), crashed_study(),
    ]  # fmt: skip


class Page(HTMLParser):
    """A page's elements and words, read as a browser would."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._silent = False
        self.feed(text)
        self.words = re.sub(r"\s+", " ", self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        self.words += "" if self._silent else data

    def having(self, wanted: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if wanted in (attributes.get("class") or "").split()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report")
    write("every kind", every_kind(), made)
    return made


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "index.html").read_text("utf-8"))


def test_results_json_has_the_documented_form(folder: Path) -> None:
    content = json.loads((folder / "results.json").read_text("utf-8"))
    assert content["campaign"] == "every kind"
    assert len(content["studies"]) == 9
    for study in content["studies"]:
        assert {"id", "kind", "system", "status", "quantities", "published", "provenance"} <= set(study)
        assert study["status"] in ("done", "failed", "no barrier")
        assert not {"views", "data"} & set(study)
        assert {"engine", "version", "protocol", "force_calls", "band_calls", "core_seconds", "keys"} <= set(
            study["provenance"]
        )
        for quantity in study["quantities"].values():
            assert {"value", "unit", "error", "checks"} <= set(quantity)
            for check in quantity["checks"]:
                assert {"name", "value", "limit", "passed"} <= set(check)
        for row in study["published"]:
            assert {"id", "value", "unit", "verdict"} <= set(row)


def test_results_json_keeps_every_digit_of_what_was_computed(folder: Path) -> None:
    studies = {study["id"]: study for study in json.loads((folder / "results.json").read_text("utf-8"))["studies"]}
    assert studies["bulk-Cu"]["quantities"]["V0"]["value"] == 3.58**3 / 4
    assert studies["barrier-0.45-0.0"]["quantities"]["barrier"]["value"] == 0.45
    assert studies["barrier-0.45-0.0"]["provenance"]["band_calls"] == 35
    assert studies["barrier-0.05-0.2"]["quantities"]["barrier"]["value"] is None


def test_a_number_that_is_not_finite_is_null_in_json(tmp_path: Path) -> None:
    study = bulk_study()
    study["quantities"]["B0"]["checks"][0]["value"] = math.nan
    write("nan", [study], tmp_path)
    text = (tmp_path / "results.json").read_text("utf-8")
    assert json.loads(text, parse_constant=pytest.fail)["studies"][0]["quantities"]["B0"]["checks"][0]["value"] is None


@pytest.mark.parametrize(
    "words",
    [
        "11.47 Å³/atom", "137.0 GPa", "3.580 Å", "3.615 Å", "−1.0 %",  # bulk, beside Wyckoff's lattice constant
        "0.450 eV", "0.1236 eV", "under-specified",  # a barrier against A007
        "−2.350 eV", "−1.450 eV",  # both references of an adsorption energy
        "−2.300 eV", "ordering reproduced",  # LUMO difference against A049
        "660 mAh/g", "405.7 %", "37.0 meV/atom",
        "emt 3.29.0", "K3Sb/K2Se interface",
    ],
)  # fmt: skip
def test_the_page_says_numbers_with_units_and_verdicts(page: Page, words: str) -> None:
    assert words in page.words


def test_what_failed_says_why_where_it_stands(page: Page) -> None:
    assert "No barrier: lowest image above the end points: −0.188 eV (limit −0.01)" in page.words
    assert "No result: largest force left is beyond its limit" in page.words
    assert "No result: the engine gpaw ended without a result" in page.words
    assert "refused" in page.words


def test_checks_are_told_once_with_value_limit_and_mark(page: Page) -> None:
    assert "2 of 2 passed" in page.words
    assert "0.0120 eV/Å ≤ 0.0500 eV/Å ✓ passed" in page.words
    assert "≥ −0.0100 eV ✕ not passed" in page.words


def test_every_kind_has_a_figure_and_every_structure_a_drawing(page: Page) -> None:
    assert len(page.having("plot")) == 8
    assert len(page.having("structure")) == len(page.having("still")) == 8
    images = [a["id"] for _, a in page.tags if (a.get("id") or "").startswith("study-2-image-")]
    assert len(images) == 7


def test_ids_are_unique_and_inner_links_lead_somewhere(page: Page) -> None:
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        link = attributes.get("href") or attributes.get("xlink:href") or ""
        assert not link.startswith("#") or link[1:] in ids


def test_nothing_is_fetched_from_elsewhere(folder: Path, page: Page) -> None:
    for tag, attributes in page.tags:
        for name in ("src", "href", "xlink:href"):
            link = attributes.get(name) or ""
            assert not re.match(r"\w+:|//", link) or link == "data:,", (tag, link)
            if link and link[0] not in "#d":
                assert (folder / link).exists()
    assert (folder / "assets" / "3Dmol-LICENSE.txt").read_text("utf-8").count("BSD-3-Clause")


def test_hostile_names_stay_words(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script> --> & $x$ </svg> \"'"
    study = polymorphs_study()
    text = json.dumps(study).replace("K3Sb-cubic", "EVIL")
    hostile = json.loads(text.replace("EVIL", json.dumps(evil)[1:-1]))
    hostile["id"] = hostile["kind"] = evil
    write(evil, [hostile, {**study, "id": evil, "system": evil}, crashed_study(evil, evil)], tmp_path)
    html = (tmp_path / "index.html").read_text("utf-8")
    assert "<script>alert" not in html
    assert [tag for tag, _ in Page(html).tags].count("script") == 2 + html.count('class="scenes"')
    assert evil in Page(html).words


def test_faults_that_were_overcome_are_told(tmp_path: Path) -> None:
    study = bulk_study()
    study["provenance"]["faults"] = [{"key": "k", "fault": "F014", "remedy": "slower mixing", "calls": 3}]
    words = Page(write("overcome", [study], tmp_path).read_text("utf-8")).words
    assert "Faults overcome" in words
    assert "F014 after 3 calls: slower mixing" in words
    (kept,) = json.loads((tmp_path / "results.json").read_text("utf-8"))["studies"]
    assert kept["provenance"]["faults"] == study["provenance"]["faults"]
    assert kept["fault"] is None


def test_an_empty_campaign_has_a_page_too(tmp_path: Path) -> None:
    assert "No study has ended yet." in Page(write("none", [], tmp_path).read_text("utf-8")).words


def test_writing_again_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    write("first", [bulk_study()], tmp_path)
    page = write("second", [barrier_study()], tmp_path)
    assert page == tmp_path / "index.html"
    assert "second" in page.read_text("utf-8")
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "3Dmol-LICENSE.txt", "3Dmol-min.js", "assets", "index.html", "results.json"
    ]  # fmt: skip


def test_a_result_of_another_version_is_told_by_its_study(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"'bulk-Cu'.*status.*run the campaign again"):
        write("old", [{**bulk_study(), "status": "odd"}], tmp_path)
    assert not (tmp_path / "index.html").exists()


def test_a_band_of_an_earlier_version_is_told_too(tmp_path: Path) -> None:
    study = barrier_study()
    del study["data"]["spread"]
    with pytest.raises(BadInput, match=r"'barrier-0.45-0.0'.*data.spread.*run the campaign again"):
        write("old", [study], tmp_path)


@pytest.mark.parametrize(
    ("value", "unit", "printed"),
    [
        (-0.0001, "eV", "0.000"), (-2.3504, "eV", "−2.350"), (660.35, "mAh/g", "660"), (54.31, "mAh/g", "54.3"),
        (4420.2, "mAh/cm3", "4420"), (36.98, "meV/atom", "37.0"), (12345.6, "", "12346"), (0.00012, "", "1.20e−04"),
        (3.2e-9, "cm²/s", "3.20e−09"), (359954.0, "1/s", "3.60e+05"), (0.1152, "1/s", "0.115"), (0.0, "cm²/s", "0"),
        (6.0, "", "6"), (9.0, "ions", "9"), (5.5, "", "5.500"), (None, "eV", "–"), (math.nan, "eV", "–"),
    ],
)  # fmt: skip
def test_digits_follow_the_unit(value: float | None, unit: str, printed: str) -> None:
    assert numbers.number(value, unit) == printed


def test_a_hop_through_the_cells_face_does_not_jump() -> None:
    frames = [Atoms("KSe", [[x % 6.0, 1, 1], [3, 4, 4]], cell=[6, 6, 6], pbc=True) for x in (4.8, 5.6, 6.4, 7.2)]
    seen = scene(View(title="hop", frames=tuple(encode(frame) for frame in frames)))
    steps = np.linalg.norm(np.diff(np.array(seen["path"]), axis=0), axis=1)
    assert steps == pytest.approx([0.8, 0.8, 0.8], abs=2e-3)
    assert {seen["symbols"][i] for i in seen["movers"]} == {"K"}


def test_a_crystal_is_completed_at_its_faces() -> None:
    seen = scene(View(title="Cu", frames=(encode(bulk("Cu", cubic=True)),)))
    assert len(seen["symbols"]) == 14
    assert len(seen["cell"]) == 12


def test_turning_keeps_distances() -> None:
    atoms = molecule("CH3OCH3")
    seen = np.array(scene(View(title="ether", frames=(encode(atoms),)))["frames"][0])
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
    assert apart == pytest.approx(atoms.get_all_distances(), abs=2e-3)


def test_a_quantity_with_an_error_shows_it(tmp_path: Path) -> None:
    study = bulk_study()
    study["quantities"]["gap"] = Quantity(value=1.2345, error=0.02, unit="eV").model_dump(mode="json")
    assert "1.234 ± 0.020 eV" in Page(write("error", [study], tmp_path).read_text("utf-8")).words


def test_what_has_no_number_is_refused_by_its_checks_alone(tmp_path: Path) -> None:
    study = bulk_study()
    longer = Quantity(value=None, unit="ps", says="longer than the run")
    study["quantities"] = {"residence time": longer.model_dump(mode="json")}
    assert "no number" in (words := Page(write("none", [study], tmp_path).read_text("utf-8")).words)
    assert "refused" not in words
    broken = longer.model_copy(update={"checks": (at_most("force", 1.0, 0.1, "eV/Å"),)})
    study["quantities"] = {"residence time": broken.model_dump(mode="json")}
    assert "refused" in Page(write("broken", [study], tmp_path).read_text("utf-8")).words


#: What a reader does: a key on the first structure, the other view of the last one, the band's slider to its saddle.
READER = """<script>addEventListener("load", () => setTimeout(() => {
  const boxes = document.querySelectorAll(".viewer");
  boxes[0].dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowLeft", bubbles: true}));
  document.querySelectorAll(".views button")[1].click();
  const slider = document.querySelectorAll(".play input")[1];
  slider.value = 3;
  slider.dispatchEvent(new Event("input"));
}, 2000));</script>"""


def browse(page: Path, profile: Path, *how: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
        "--hide-scrollbars", "--run-all-compositor-stages-before-draw", "--virtual-time-budget=20000",
        "--enable-logging=stderr", f"--user-data-dir={profile}",
    ]  # fmt: skip
    return subprocess.run(
        [CHROMIUM, *flags, *how, page.as_uri()], capture_output=True, text=True, timeout=300, check=True
    )


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_browser_draws_the_page_without_complaint(tmp_path: Path) -> None:
    studies = [bulk_study(), barrier_study(), polymorphs_study(), crashed_study()]
    page = write("in a browser", studies, tmp_path / "report")
    read = page.with_name("read.html")
    read.write_text(page.read_text("utf-8").replace("</body>", READER + "</body>"), "utf-8")
    seen = browse(read, tmp_path / "one", "--window-size=1400,4000", "--dump-dom")
    said = [line for line in seen.stderr.splitlines() if ":CONSOLE" in line and "GL Driver Message" not in line]
    assert said == []
    drawn = Page(seen.stdout)
    assert len(drawn.having("turns")) == len([tag for tag, _ in drawn.tags if tag == "canvas"]) == 3
    assert "image 3 · +0.450 eV · climbing image" in drawn.words
    assert [one["id"] for one in drawn.having("on")] == ["study-2-image-3"]
    assert [a["data-view"] for tag, a in drawn.tags if a.get("aria-pressed") == "true"] == ["1"]
    shot = tmp_path / "shot.png"
    browse(page, tmp_path / "two", "--window-size=1400,4000", f"--screenshot={shot}")
    from matplotlib.image import imread

    pixels = imread(shot)[..., :3]
    assert pixels.shape[:2] == (4000, 1400)
    assert pixels[:3000].std() > 0.05
    # Something with colour is drawn in the right half, where the structures turn.
    right = pixels[300:2600, 750:1300]
    assert ((right.max(axis=-1) - right.min(axis=-1)) > 0.3).sum() > 2000


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_without_webgl_the_drawings_stand(tmp_path: Path) -> None:
    page = write("flat", [barrier_study()], tmp_path / "report")
    seen = browse(page, tmp_path / "one", "--disable-3d-apis", "--dump-dom")
    assert [line for line in seen.stderr.splitlines() if ":CONSOLE" in line] == []
    drawn = Page(seen.stdout)
    assert drawn.having("turns") == []
    assert "the structure stands still" in drawn.words
    assert len(drawn.having("ball")) > 20
