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

from potash.analysis import adsorption, barrier, capacity, orbitals, polymorphs
from potash.analysis import bulk as equation
from potash.analysis.report import numbers, write
from potash.analysis.report.scene import scene
from potash.analysis.result import Quantity, StudyResult, View
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.structures.phases import load
from potash.structures.phases import phase as structure
from potash.workflows.summary import finish

LIMITS = {"force": 0.05, "band_force": 0.1, "stress": 0.2}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def about(kind: str, system: str, published: tuple[str, ...] = (), name: str | None = None) -> dict[str, Any]:
    return {
        "id": name or f"{kind}-{system.split()[0]}", "kind": kind, "system": system, "protocol": "fast",
        "published": published, "limits": LIMITS,
    }  # fmt: skip


def calculation(atoms: Atoms, energy: float, task: str = "relax", **more: Any) -> dict[str, Any]:
    """A calculation's result, as the vault keeps it."""
    return {
        "key": f"{abs(hash((task, energy, str(atoms.symbols)))):016x}", "engine": "emt", "version": "3.29.0", "task": task,
        "settings": {"cutoff": 350, "kpoints": [4, 4, 2], "functional": "PBE"}, "calls": 7, "core_seconds": 90.5,
        "atoms": encode(atoms), "energy": energy, "force": 0.012, "stress": [0.01] * 6, "volume": atoms.get_volume() if atoms.cell.rank == 3 else 0.0, **more,
    }  # fmt: skip


def bulk_study(modulus: float = 137.0) -> dict[str, Any]:
    """Copper with points that lie on a Birch–Murnaghan curve of this modulus, in GPa."""
    atoms = structure("Cu", primitive=True)
    v0 = 3.58**3 / 4
    volumes = np.linspace(0.94, 1.06, 7) * v0
    points = []
    for volume in volumes:
        scaled = atoms.copy()
        scaled.set_cell(atoms.cell * (volume / atoms.get_volume()) ** (1 / 3), scale_atoms=True)
        points.append(calculation(scaled, float(birchmurnaghan(volume, -3.5, modulus * GPa, 5.0, v0))))
    relaxed = points[3]
    quantities, data = equation.summarise(relaxed, points, LIMITS, load("Cu"))
    views = (View(title="Relaxed cell", frames=(relaxed["atoms"],)),)
    return finish(about("bulk", "Cu"), [relaxed, *points], quantities, views=views, data=data)


def band_of(height: float, dip: float = 0.0) -> tuple[dict[str, Any], float]:
    """A vacancy hop in potassium selenide along a cosine of this height (eV), its first image lowered by `dip`."""
    host = structure("K2Se")
    k = [i for i, symbol in enumerate(host.symbols) if symbol == "K"]
    vacancy, ion = k[0], min(k[1:], key=lambda i: host.get_distance(k[0], i, mic=True))
    hop = host.get_distance(ion, vacancy, mic=True, vector=True)
    left = [i for i in range(len(host)) if i != vacancy]
    images = []
    for part in np.linspace(0, 1, 7):
        image = host.copy()
        image.positions[ion] += part * hop
        images.append(image[left])
    distance = float(np.linalg.norm(hop))
    path = np.linspace(0, distance, 7)
    energies = -40 + height * (1 - np.cos(2 * np.pi * path / distance)) / 2
    energies[1] -= dip
    forces = np.zeros((7, len(left), 3))
    forces[:, left.index(ion)] = [-np.pi * height / distance * math.sin(2 * math.pi * s / distance) * hop / distance for s in path]
    fit = fit_raw(energies, forces, [image.positions for image in images], host.cell, host.pbc)
    band = {
        "images": [encode(image) for image in images], "energies": energies.tolist(), "distances": [float(s) for s in fit.path],
        "curve": {"path": list(map(float, fit.fit_path)), "energies": list(map(float, fit.fit_energies))},
        "forces": [0.01] * 7, "band_force": 0.04, "saddle": 3, "ion": left.index(ion),
    }  # fmt: skip
    return band, distance


def barrier_study(height: float = 0.45, dip: float = 0.0) -> dict[str, Any]:
    band, distance = band_of(height, dip)
    end = calculation(Atoms("K"), -40.0)
    quantities, status, reason = barrier.summarise(
        band, [end], {"ion": band["ion"], "distance": distance}, LIMITS, related=True
    )
    data = {name: band[name] for name in ("energies", "distances", "curve", "saddle")}
    views = (View(title="Band", frames=tuple(band["images"])),)
    made = [end, calculation(Atoms("K"), -39.0, "band")]
    notes = ("Hop of 3.84 Å.", "Not converged: the protocol 'fast' checks neither k-points nor cutoff nor the size of the cell.")
    return finish(
        about("barrier", "K vacancy in K2Se", ("A007",), f"barrier-{height}-{dip}"), made, quantities,
        status=status, reason=reason, notes=notes, views=views, data=data,
    )  # fmt: skip


def adsorption_study() -> dict[str, Any]:
    clean = fcc111("Cu", (3, 3, 2))
    clean.center(vacuum=6, axis=2)
    names, relaxed = ["ontop", "bridge", "fcc"], []
    for name, energy in zip(names, (-11.9, -12.2, -12.35), strict=True):
        slab = clean.copy()
        add_adsorbate(slab, "K", 2.6, name)
        relaxed.append(calculation(slab, energy))
    starts = [one["atoms"] for one in relaxed]
    bare, atom, metal = calculation(clean, -10.0), calculation(Atoms("K"), 0.0), calculation(bulk("K", "bcc", 5.3), -0.9)
    quantities = adsorption.summarise(names, starts, relaxed, bare, atom, metal, None, LIMITS)
    energies = {n: [quantities[f"E_ads {n}, free atom"].value, quantities[f"E_ads {n}, bulk metal"].value] for n in names}
    views = tuple(View(title=name, frames=(one["atoms"],)) for name, one in zip(names, relaxed, strict=True))
    return finish(
        about("adsorption", "K on Cu (111)", ("S03",)), [*relaxed, bare], quantities, views=views, data={"energies": energies}
    )


def orbitals_study() -> dict[str, Any]:
    names = ["CH3OH", "CH3OCH3", "H2CO"]
    levels = {"CH3OH": (-6.3, 0.2), "CH3OCH3": (-5.8, 0.6), "H2CO": (-6.2, -2.1)}
    results = [
        calculation(molecule(name), -20.0 - i, "orbitals", homo=levels[name][0], lumo=levels[name][1], spread=0.003)
        for i, name in enumerate(names)
    ]
    quantities = orbitals.summarise(names, results, ("H2CO", "CH3OH"), LIMITS, relaxed=True)
    views = tuple(View(title=name, frames=(one["atoms"],)) for name, one in zip(names, results, strict=True))
    return finish(
        about("orbitals", ", ".join(names), ("A049",)), results, quantities, notes=(orbitals.WARNING,), views=views,
        data={"levels": {name: list(pair) for name, pair in levels.items()}},
    )  # fmt: skip


def capacity_study() -> dict[str, Any]:
    host, product = (calculation(structure(name, primitive=True), -1.0) for name in ("Sb", "K3Sb-hexagonal"))
    quantities = capacity.summarise(host, product, "K", LIMITS)
    views = (View(title="Host", frames=(host["atoms"],)), View(title="Product", frames=(product["atoms"],)))
    return finish(
        about("capacity", "Sb → K3Sb-hexagonal", ("A237", "A262", "A295")), [host, product], quantities, views=views,
        data={"host": host["volume"], "product": product["volume"]},
    )  # fmt: skip


def polymorphs_study(force: float = 0.012) -> dict[str, Any]:
    names = ["K3Sb-hexagonal", "K3Sb-cubic"]
    cells = []
    for name, energy in zip(names, (-2.260, -2.223), strict=True):
        atoms = structure(name, primitive=True)
        cells.append({**calculation(atoms, energy * len(atoms)), "force": force})
    quantities = polymorphs.summarise(names, cells, LIMITS)
    views = tuple(View(title=name, frames=(cell["atoms"],)) for name, cell in zip(names, cells, strict=True))
    return finish(
        about("polymorphs", " / ".join(names)), cells, quantities, views=views,
        data={"names": names, "energies": [-2.260, -2.223]},
    )  # fmt: skip


def crashed_study(name: str = "bulk-K", reason: str = "the engine gpaw ended without a result") -> dict[str, Any]:
    made = {"engine": "gpaw", "version": "", "protocol": "fast"}
    return StudyResult(id=name, kind="bulk", system=name, status="failed", reason=reason, provenance=made).model_dump(mode="json")


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
        assert {"engine", "version", "protocol", "force_calls", "band_calls", "core_seconds", "keys"} <= set(study["provenance"])
        for quantity in study["quantities"].values():
            assert {"value", "unit", "error", "checks"} <= set(quantity)
            for check in quantity["checks"]:
                assert {"name", "value", "limit", "passed"} <= set(check)
        for row in study["published"]:
            assert {"id", "value", "unit", "verdict"} <= set(row)


def test_results_json_keeps_every_digit_of_what_was_computed(folder: Path) -> None:
    studies = {study["id"]: study for study in json.loads((folder / "results.json").read_text("utf-8"))["studies"]}
    assert studies["bulk-Cu"]["quantities"]["B0"]["value"] == pytest.approx(137.0, abs=1e-3)
    assert studies["barrier-0.45-0.0"]["quantities"]["barrier"]["value"] == pytest.approx(0.45, abs=1e-12)
    assert studies["barrier-0.45-0.0"]["provenance"]["band_calls"] == 7
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
        "0.450 eV", "0.1236 eV", "differs",  # a barrier against A007
        "−2.350 eV", "−1.450 eV",  # both references of an adsorption energy
        "−2.300 eV", "ordering reproduced",  # LUMO difference against A049
        "660 mAh/g", "405.7 %", "37.0 meV/atom",
        "emt 3.29.0", "K3Sb/K2Se interface",
    ],
)  # fmt: skip
def test_the_page_says_numbers_with_units_and_verdicts(page: Page, words: str) -> None:
    assert words in page.words


def test_what_failed_says_why_where_it_stands(page: Page) -> None:
    assert "No barrier. lowest image above the end points: −0.1" in numbers.minus(page.words)
    assert "No result. largest force left is 0.09 eV/Å (limit 0.05)" in page.words
    assert "No result. the engine gpaw ended without a result" in page.words
    assert "refused" in page.words


def test_checks_are_told_once_with_value_limit_and_mark(page: Page) -> None:
    assert "4 of 4 passed" in page.words
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


@pytest.mark.parametrize(
    ("value", "unit", "printed"),
    [
        (-0.0001, "eV", "0.000"), (-2.3504, "eV", "−2.350"), (660.35, "mAh/g", "660"), (54.31, "mAh/g", "54.3"),
        (4420.2, "mAh/cm3", "4420"), (36.98, "meV/atom", "37.0"), (12345.6, "", "12346"), (0.00012, "", "1.20e−04"),
        (None, "eV", "–"), (math.nan, "eV", "–"),
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


def browse(page: Path, profile: Path, *how: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
        "--hide-scrollbars", "--run-all-compositor-stages-before-draw", "--virtual-time-budget=20000",
        "--enable-logging=stderr", f"--user-data-dir={profile}",
    ]  # fmt: skip
    return subprocess.run([CHROMIUM, *flags, *how, page.as_uri()], capture_output=True, text=True, timeout=300, check=True)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_browser_draws_the_page_without_complaint(tmp_path: Path) -> None:
    page = write("in a browser", [bulk_study(), barrier_study(), crashed_study()], tmp_path / "report")
    seen = browse(page, tmp_path / "one", "--window-size=1400,3600", "--dump-dom")
    said = [line for line in seen.stderr.splitlines() if ":CONSOLE" in line and "GL Driver Message" not in line]
    assert said == []
    drawn = Page(seen.stdout)
    assert len(drawn.having("turns")) == len([tag for tag, _ in drawn.tags if tag == "canvas"]) == 2
    assert "image 0 · 0.000 eV" in drawn.words
    shot = tmp_path / "shot.png"
    browse(page, tmp_path / "two", "--window-size=1400,3600", f"--screenshot={shot}")
    from matplotlib.image import imread

    pixels = imread(shot)[..., :3]
    assert pixels.shape[:2] == (3600, 1400)
    assert pixels[:3000].std() > 0.05
    # Something with colour is drawn in the right half, where the structures turn.
    right = pixels[300:2600, 750:1300]
    assert ((right.max(axis=-1) - right.min(axis=-1)) > 0.3).sum() > 2000
