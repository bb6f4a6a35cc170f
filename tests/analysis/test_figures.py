"""Figures of bands and networks, read back from what they draw."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from matplotlib.figure import Figure

from potash.analysis import network as analysis
from potash.analysis.report import write
from potash.analysis.report.figures import figures
from potash.analysis.report.figures_bands import band
from potash.analysis.report.layout import drawn, layout
from potash.analysis.report.numbers import minus
from potash.analysis.report.rows import quantity_row
from potash.analysis.report.scene_network import network_scene
from potash.analysis.report.style import FAINT, kinds_colours
from potash.analysis.result import Quantity, StudyResult, View
from potash.structures.encoding import encode
from potash.structures.hops import Hops, end_points, find_hops
from potash.structures.phases import phase
from potash.structures.supercells import supercell
from tests.analysis.test_report import CHROMIUM, PROVENANCE, Page, barrier_study, browse

LIMITS = {"force": 0.03, "band_force": 0.05, "certainty": 0.01}
#: Images of each hop's band, and which of them were computed.
PARTS, COMPUTED = np.linspace(0, 1, 9), (0, 4, 8)


def crossed(hops: Hops, kind: int, large: Atoms, height: float, *, bent: bool = True) -> dict[str, Any]:
    """A hop along a cosine of this height (eV) that passes every check; without curvatures it has no prefactor."""
    ends = end_points(hops, kind, large)
    way, distance = ends.after.positions - ends.before.positions, hops.kinds[kind].distance
    images = [ends.before.copy() for _ in PARTS]
    for image, part in zip(images, PARTS, strict=True):
        image.positions += part * way
    energies = -40 + height * (1 - np.cos(2 * np.pi * PARTS)) / 2
    found_band = {
        "images": [encode(image) for image in images], "energies": energies.tolist(), "saddle": 4,
        "spread": [0.0 if i in COMPUTED else 0.012 for i in range(9)], "distances": (distance * PARTS).tolist(),
        "curve": {"path": (distance * PARTS).tolist(), "energies": energies.tolist(), "spread": [0.0] * 9},
        "converged": True, "forces": [0.01] * 9, "band_force": 0.02, "rough": 0.001, "tangent": way.tolist(),
    }  # fmt: skip
    moving = list(ends.moving)
    built = [each.positions[moving].tolist() for each in (ends.before, ends.after)]
    down = way[moving[0]] / np.linalg.norm(way[moving[0]])
    at = [3 * np.eye(3), 3 * np.eye(3) - 4 * np.outer(down, down)] if bent else []
    curved = [
        {"hessian": one.tolist(), "atoms": moving, "masses": [39.1], "asymmetry": 0.0, "task": "curvature"}
        for one in at
    ]
    return {
        "crossing": {"band": found_band, "lower": []}, "bent": [curved[0], *curved] if bent else [None, None, None],
        "shifts": [], "hop": {"moving": moving, "distance": distance, "built": built, "related": False}, "ends": [{"force": 0.01, "energy": -40.0}] * 2, "cells": [],
    }  # fmt: skip


def network_study(heights: tuple[float, ...] = (0.3, 0.45), *, bent: bool = True, **broken: Any) -> StudyResult:
    """The vacancies of potassium selenide; what is broken is broken in the second hop's band."""
    host = phase("K2Se")
    hops = find_hops(host, "K", "vacancy", 5.6)
    large = supercell(host, (2, 2, 2))
    found = [crossed(hops, kind, large, height, bent=bent) for kind, height in enumerate(heights)]
    found[1]["crossing"]["band"].update(broken)
    quantities, status, reason, data = analysis.summarise(hops, found, {0: 0.0}, host.cell.array, LIMITS, 300)
    views = [View(title=f"Hop {i}", frames=tuple(one["crossing"]["band"]["images"])) for i, one in enumerate(found, 1)]
    return StudyResult(
        id="network-K2Se", kind="network", system="K vacancy in K2Se", status=status, reason=reason,
        quantities=quantities, provenance=PROVENANCE, data=data, views=tuple(views),
    )  # fmt: skip


def page_of(study: StudyResult, folder: Path) -> Page:
    return Page(write("hops", [study.model_dump(mode="json")], folder).read_text("utf-8"))


def hollow(svg: str, images: str) -> list[int]:
    """Say which images of a band are drawn with the page's own colour inside."""
    marks = re.findall(rf'id="{images}(\d+)">(.*?)</g>\s*</g>', svg, flags=re.S)
    return [int(number) for number, mark in marks if "fill: var(--card)" in mark]


def test_modelled_images_are_hollow_and_the_caption_says_so() -> None:
    drawing = figures(StudyResult.model_validate(barrier_study(spread=0.01)), "one")[0]
    assert hollow(drawing.svg, "one-image-") == [1, 2, 4, 5]
    assert "hollow and line: the Gaussian process" in drawing.caption


def test_a_computed_band_is_filled_and_has_no_shade() -> None:
    drawing = figures(StudyResult.model_validate(barrier_study()), "one")[0]
    assert drawing.svg.count('id="one-image-') == 7
    assert hollow(drawing.svg, "one-image-") == []
    assert "Gaussian" not in drawing.caption
    assert "fill-opacity" not in drawing.svg


def test_the_shade_is_two_standard_deviations_wide() -> None:
    axes = Figure().add_subplot()
    data = barrier_study(spread=0.02)["data"]
    band(axes, data, "#000000", "#000000", "image-")
    outline = np.asarray(axes.collections[0].get_paths()[0].vertices)
    for path, spread in zip(data["curve"]["path"][1:-1], data["curve"]["spread"][1:-1], strict=True):
        across = outline[np.isclose(outline[:, 0], path), 1]
        assert np.ptp(across) == pytest.approx(4 * spread, abs=1e-9)


HOSTS = [("K2Se", "vacancy", 5.6), ("K3Sb-hexagonal", "vacancy", 4.8), ("graphene", "adatom", 3.0)]


@pytest.mark.parametrize(("name", "mechanism", "cutoff"), HOSTS)
def test_every_hop_is_drawn_as_long_as_it_is(name: str, mechanism: Any, cutoff: float) -> None:
    host = phase(name)
    hops = find_hops(host, "K", mechanism, cutoff)
    sites = [{"position": list(site.position)} for site in hops.sites]
    edges: list[list[Any]] = [[edge.start, edge.end, list(edge.cell), edge.kind] for edge in hops.edges]
    reach = np.where(host.pbc, 1.0, np.inf)
    stretches = drawn(sites, edges, reach)
    assert {one.edge for one in stretches} == set(range(len(edges)))
    for one in stretches:
        length = np.linalg.norm((one.end - one.start) @ host.cell.array)
        whole = hops.kinds[edges[one.edge][3]].distance
        assert length == pytest.approx(whole / 2 if one.leaves else whole, abs=0.01)
        inside = np.array([one.start] if one.leaves else [one.start, one.end])[:, host.pbc]
        assert (inside > -0.03).all()
        assert (inside < 1.03).all()


def test_a_network_has_its_graph_its_bands_and_its_arrhenius_line() -> None:
    study = network_study()
    graph, bands, line = figures(study, "one")
    assert "hop 1: K1 to K1, 3.84 Å, 0.300 eV" in graph.svg
    assert "bold: the easiest way" in graph.caption
    assert hollow(bands.svg, "one-hops-2-image-") == [1, 2, 3, 5, 6, 7]
    activation, factor = (study.data["arrhenius"][name] for name in ("activation", "factor"))
    assert f"{activation:.3f} eV" in line.svg
    assert minus(f"{factor:.2e} cm²/s · exp(-{activation:.3f} eV / kT)") in line.caption


def test_the_bold_way_is_by_the_lowest_hops_that_lead_on() -> None:
    data = network_study().data
    assert {edge[3] for edge in data["bottleneck"]} == {0}
    assert {edge[3] for edge in network_study((0.6, 0.45)).data["bottleneck"]} == {1}
    steps = [np.array(cell) for _, _, cell, _ in data["bottleneck"]]
    assert np.any(np.sum(steps, axis=0))


def test_the_network_turns_too() -> None:
    study = network_study()
    seen, laid = network_scene(study.data), layout(study.data)
    assert len(seen["symbols"]) == 8  # all sites of K2Se lie within its cell
    assert len(seen["links"]) == len(laid.stretches)
    for (start, end, *_), hop in zip(seen["links"], laid.hops, strict=True):
        assert np.linalg.norm(np.subtract(end, start)) == pytest.approx(np.linalg.norm(hop[1] - hop[0]), abs=2e-3)
    thick = [link for link in seen["links"] if link[3] == max(link[3] for link in seen["links"])]
    assert {link[2] for link in thick} == {kinds_colours([0.3, 0.45])[0]}


def test_without_prefactors_there_is_no_diffusivity_to_draw() -> None:
    assert len(figures(network_study(bent=False), "one")) == 2


def test_a_refused_hop_is_named_and_its_checks_stand_open(tmp_path: Path) -> None:
    study = network_study(converged=False)
    assert study.status == "done"
    page = page_of(study, tmp_path)
    assert "hop 2: K1 to K1, 5.42 Å, no barrier" in page.words
    assert "Hop 2, K1 to K1: checks" in page.words
    folded = [attributes for tag, attributes in page.tags if tag == "details"]
    assert ["open" in attributes for attributes in folded] == [False, True, False]
    count = sum(len(kind["checks"]) for kind in study.data["kinds"])
    assert f"{count - 1}/{count}" in page.words


def test_where_no_hop_leads_on_the_page_says_so(tmp_path: Path) -> None:
    host = phase("K2Se")
    hops = find_hops(host, "K", "vacancy", 4.0)
    found = [crossed(hops, 0, supercell(host, (2, 2, 2)), 0.3)]
    found[0]["crossing"]["band"]["converged"] = False
    quantities, status, reason, data = analysis.summarise(hops, found, {0: 0.0}, host.cell.array, LIMITS, 300)
    study = network_study().model_copy(
        update={"quantities": quantities, "status": status, "reason": reason, "data": data, "views": ()}
    )
    assert [one.caption.count("bold") for one in figures(study, "one")] == [0, 0]


def test_small_diffusivities_keep_their_digits(tmp_path: Path) -> None:
    study = network_study((0.9, 1.2))
    value = study.quantities["diffusivity"].value
    assert value is not None
    assert 0 < value < 1e-9
    assert minus(f"{value:.2e} cm²/s") in page_of(study, tmp_path).words
    row = quantity_row("diffusivity", Quantity(value=3.2e-9, error=4e-10, unit="cm²/s"))
    assert row.whole == "3.20e−09 ± 4.00e−10 cm²/s"
    row = quantity_row("diffusivity", Quantity(value=3.2e-9, unit="cm²/s", relation=">="))
    assert row.whole == "≥ 3.20e−09 cm²/s"


def test_colours_go_by_rank() -> None:
    for values in ([0.3], [0.3, 0.1], [0.2, 0.1, 0.4], [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]):
        assert len(set(kinds_colours([*values]))) == len(values)
    assert kinds_colours([0.2, None, 0.2, 0.5])[::2] == [kinds_colours([0.2, 0.5])[0]] * 2
    assert kinds_colours([None, 0.5])[0] == FAINT


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_image_that_is_shown_is_marked_in_its_own_hop(tmp_path: Path) -> None:
    page = write("hops", [network_study().model_dump(mode="json")], tmp_path / "report")
    reader = """<script>addEventListener("load", () => setTimeout(() => {
      const slider = document.querySelector(".play input");
      const to = (image) => { slider.value = image; slider.dispatchEvent(new Event("input")); };
      to(3);
      document.querySelectorAll(".views button")[1].click();
      to(5);
    }, 2000));</script>"""
    read = page.with_name("read.html")
    read.write_text(page.read_text("utf-8").replace("</body>", reader + "</body>"), "utf-8")
    drawn_page = Page(browse(read, tmp_path / "one", "--window-size=1400,2500", "--dump-dom").stdout)
    assert [one["id"] for one in drawn_page.having("on")] == ["study-1-hops-2-image-5"]
    assert "modelled, standard deviation 0.012 eV" in drawn_page.words
    turned = read.read_text("utf-8").replace("to(5);", 'document.querySelectorAll(".views button")[2].click();')
    read.write_text(turned, "utf-8")
    seen = browse(read, tmp_path / "two", "--window-size=1400,2500", "--dump-dom")
    assert [line for line in seen.stderr.splitlines() if ":CONSOLE" in line and "GL Driver Message" not in line] == []
    assert Page(seen.stdout).having("on") == []
    assert "8 sites and 72 hops in the host's cell" in Page(seen.stdout).words
