"""Adsorption on layers and facets: clean surface, sites, both references, charges."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, ground_state_magnetic_moments
from jobflow import Flow, Job, job

from potash.analysis import adsorption as analysis
from potash.analysis import magnetism, work_function
from potash.analysis.charges import METHODS
from potash.analysis.result import View
from potash.errors import BadInput
from potash.structures.adsorption import adsorb, sites
from potash.structures.encoding import Plain, decode, encode
from potash.structures.phases import load
from potash.structures.supercells import nearest_image
from potash.studies.slabs import AdsorptionStudy
from potash.workflows import search
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell
from potash.workflows.convergence import UNVARIED, Part, variations
from potash.workflows.substrate import grow, surface_of, where
from potash.workflows.summary import finish

#: The box of the free atom, in Å: three unequal sides, so that no orbital is favoured.
BOX = (11.0, 11.3, 11.6)
#: A k-point spacing so wide that one k-point is left, in 1/Å.
ONE = 100.0


def build(bench: Bench) -> Flow:
    """Make the graph of an adsorption study on one surface."""
    study = bench.study
    assert isinstance(study, AdsorptionStudy)
    assert not isinstance(study.phase, tuple)
    if study.ion not in atomic_numbers:
        raise BadInput(f"'{study.ion}' is no element")
    facet = _one(study.facets)
    surface, ideal, jobs, said = surface_of(bench, study.phase, facet)
    chosen = [site for site in sites(ideal) if site.name.split("-")[0] in study.sites]
    grow_to = [*study.supercell, 1]
    clean_cell = grow(surface, grow_to, study.substrate == "frozen")
    own = {"kpoints": list(study.kpoints)} if study.kpoints else {}
    clean = bench.calculate("relax", [clean_cell.output], "clean surface", own)
    places = {site.name: ideal.cell.scaled_positions([(*site.position, 0.0)])[0, :2].tolist() for site in chosen}
    starts = {name: put(clean.output["atoms"], surface, name, place, study.ion) for name, place in places.items()}
    for name, start in starts.items():
        start.name = f"put {study.ion} on {name}"
    tried = search.relaxed(bench, starts, own)
    jobs += [clean_cell, clean, *tried.jobs]
    alone = _free_atom(study.ion)
    box = {"spacing": ONE} if _has_k(bench) else {}
    atom = bench.calculate("relax", [alone], f"free atom {study.ion}", box)
    metal = relaxed_cell(bench, _metal(study.ion))
    jobs += [atom, metal]
    best = lowest(tried.starts, tried.relaxed)
    read = _readings(bench, clean.output["atoms"], best.output, own)
    parts = {
        "covered": Part(best.output, "with the adsorbate", own),
        "clean": Part(clean.output["atoms"], "clean surface", own),
        "atom": Part(encode(alone), "free atom", box, slab=False, boxed=True),
        "metal": Part(metal.output["atoms"], "bulk metal", slab=False),
    }
    shifts = variations(bench, parts) if bench.varies else []
    jobs += [best, *read.values(), *shifts] if read or shifts else []
    about = bench.about(f"{study.ion} on {label_of(study.phase)}{where(facet, study.termination)}")
    remarks = {
        "supercell": list(study.supercell),
        "surface": said,
        "ion": study.ion,
        "dispersion": f"Dispersion: {bench.settings.get('dispersion', 'none')}."
        + ("" if read else f" The engine {bench.engine} gives neither charges nor work functions."),
    }
    cells = [jobs[0].output, metal.output]
    readings = {name: job.output for name, job in read.items()}
    found = (tried.names, tried.starts, tried.relaxed, tried.found)
    more = [each.output for each in shifts]
    summary = summarise(about, *found, clean.output, atom.output, cells, readings, more, remarks)
    return bench.flow(jobs, summary)


def _readings(bench: Bench, clean: Any, covered: Any, own: dict[str, Any]) -> dict[str, Job]:
    """Read the density of the lowest structure, and the potential with and without the adsorbate, where the engine can."""
    study = bench.study
    assert isinstance(study, AdsorptionStudy)
    if bench.engine != "gpaw":
        return {}
    made = {
        "clean": bench.calculate("potential", [clean], "potential of the clean surface", own),
        "covered": bench.calculate("potential", [covered], "potential with the adsorbate", own),
    }
    tasks = METHODS if study.charges else {}
    charges = {
        task: bench.calculate(task, [covered], f"{method} charges on the lowest site", own)
        for task, method in tasks.items()
    }
    return {**made, **charges}


def _one(facets: tuple[tuple[int, int, int], ...]) -> tuple[int, int, int] | None:
    if len(facets) > 1:
        raise BadInput("one facet a study here; a list of facets fans out")
    return facets[0] if facets else None


def _has_k(bench: Bench) -> bool:
    from potash.calcs.engine import known_settings

    return "spacing" in known_settings(bench.engine)


def _metal(ion: str) -> str:
    try:
        return load(ion).name
    except BadInput:
        raise BadInput(f"no crystal of {ion} is known, which the adsorption energy refers to") from None


def _free_atom(ion: str) -> Atoms:
    moment = float(ground_state_magnetic_moments[atomic_numbers[ion]])
    atom = Atoms(ion, cell=BOX, pbc=True, magmoms=[moment])
    atom.center()
    return atom


@job
def put(clean: Plain, surface: Plain, name: str, place: list[float], ion: str) -> Plain:
    """Put the adsorbate on a site of the relaxed surface.

    Where relaxing has changed which sites there are, it goes where the site was, in fractions of the cell.
    """
    bare = decode(surface)
    x, y, _ = bare.cell.cartesian_positions([*place, 0.0])
    now = {site.name: site.position for site in sites(bare)}
    return encode(adsorb(decode(clean), now.get(name, (float(x), float(y))), ion, bare))


@job
def lowest(starts: list[Plain], relaxed: list[dict[str, Any]]) -> Plain:
    """Choose the lowest structure that is still an adsorbate on this surface."""
    best: Plain = relaxed[analysis.ranked(starts, relaxed)[0]]["atoms"]
    return best


@job
def summarise(
    about: dict[str, Any],
    names: list[str],
    starts: list[Plain],
    relaxed: list[dict[str, Any]],
    searched: dict[str, Any] | None,
    clean: dict[str, Any],
    atom: dict[str, Any],
    cells: list[dict[str, Any]],
    readings: dict[str, Any],
    shifts: list[dict[str, Any]],
    remarks: dict[str, Any],
) -> dict[str, Any]:
    """Turn the calculations into the study's result."""
    names, starts, relaxed = _once(names, starts, relaxed)
    twins = analysis.merged(names, starts, relaxed)
    quantities = analysis.summarise(
        names,
        starts,
        relaxed,
        clean,
        atom,
        cells,
        {task: readings[task] for task in METHODS if task in readings},
        shifts,
        about["limits"],
    )
    if readings:
        quantities |= work_function.summarise(readings["clean"], readings["covered"])
    area = float(np.linalg.norm(np.cross(*clean["atoms"]["cell"][:2])))
    best = relaxed[analysis.ranked(starts, relaxed)[0]]
    quantities |= magnetism.summarise(clean, "clean surface") | magnetism.summarise(best, "lowest site")
    views = tuple(View(title=name, frames=(result["atoms"],)) for name, result in zip(names, relaxed, strict=True))
    notes = (
        f"Supercell {remarks['supercell'][0]} × {remarks['supercell'][1]}, one adsorbate on {area:.1f} Å², "
        f"{nearest_image(decode(clean['atoms'])):.1f} Å from its own image: coverage sets the value.",
        _held(decode(clean["atoms"])),
        *remarks["surface"],
        *_said(searched),
        remarks["dispersion"],
        *([] if shifts else [UNVARIED]),
        *(f"{name} relaxed into the same structure as {twin}." for name, twin in twins.items()),
    )
    energies = {
        name: [quantities[f"E_ads {name}, free atom"].value, quantities[f"E_ads {name}, bulk metal"].value]
        for name in names
    }
    results = [*relaxed, clean, atom, *cells, *readings.values(), *(one for each in shifts for one in each["results"])]
    data = {
        "energies": energies,
        "supercell": remarks["supercell"],
        "area": area,
        "lowest": names[analysis.ranked(starts, relaxed)[0]],
    }
    return finish(about, results, quantities, notes=notes, views=views, data=data)


def _once(names: list[str], *others: list[Any]) -> tuple[list[Any], ...]:
    """Leave out what a search had to repeat because it found too few."""
    first = [index for index, name in enumerate(names) if name not in names[:index]]
    return tuple([values[index] for index in first] for values in (names, *others))


def _held(surface: Atoms) -> str:
    """Say which of the surface's atoms stay in their places."""
    frozen = sum(len(fix.get_indices()) for fix in surface.constraints)
    if frozen in (0, len(surface)):
        return f"All {len(surface)} atoms of the substrate are {'frozen' if frozen else 'relaxed'}."
    return f"Of the substrate's {len(surface)} atoms the lower {frozen} are frozen, the others relaxed."


def _said(searched: dict[str, Any] | None) -> list[str]:
    """Tell which sites another engine left out, and by how much."""
    if searched is None:
        return []
    sites = [
        f"{name} +{1000 * one['energy']:.0f} meV" + (f" (as {one['twin']})" if one["twin"] else "")
        for name, one in sorted(searched["sites"].items(), key=lambda item: float(item[1]["energy"]))
    ]
    return [f"Sites by {searched['engine']}, a search only: {', '.join(sites)}. What it left out was not computed."]
