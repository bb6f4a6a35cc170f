"""Surface energies: relaxed slabs of several thicknesses of every facet, a line through each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from jobflow import Flow, Job, job

from potash.analysis import surface as analysis
from potash.analysis.result import View
from potash.errors import BadInput
from potash.structures.bonds import ordered
from potash.structures.elements import element_phase
from potash.structures.encoding import encode
from potash.structures.facets import Facet, equivalents, facets, normal_of
from potash.structures.slabs import layers_of
from potash.structures.termination_record import Termination, Terminations
from potash.structures.terminations import terminations
from potash.studies.slabs import SurfaceStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell
from potash.workflows.substrate import remark, slab, widen
from potash.workflows.summary import finish

if TYPE_CHECKING:
    from ase import Atoms

#: Where no thicknesses are given: slabs at least so thick, in Å, each with one layer more than the one before.
THICK = (8.0, 12.0, 16.0)


def build(bench: Bench) -> Flow:
    """Make the graph of a surface study."""
    study = bench.study
    assert isinstance(study, SurfaceStudy)
    assert not isinstance(study.phase, tuple)
    cell = relaxed_cell(bench, study.phase)
    bulk = bench.atoms(study.phase)
    chosen: list[Termination] = []
    remarks: list[str] = []
    for facet in _facets(bulk, study):
        known = terminations(bulk, facet, cut_molecules=study.cut_molecules)
        defined, said = _both_sides(known) if study.terminations == "any" else _defined(known)
        if study.terminations != "first" and known.compensated:
            defined += known.compensated.values()
            said.append(f"({' '.join(map(str, facet))}): compensated are {', '.join(known.compensated)}.")
        chosen += defined[:1] if study.terminations == "first" else defined
        remarks += said
    if not chosen:
        raise BadInput(
            f"no facet of {label_of(study.phase)} here has a termination with a surface energy: {remarks[0]}"
        )
    before = encode(bench.atoms(study.phase, primitive=True))
    elements = _elements(bench, study) if study.terminations == "any" and any(one.surplus for one in chosen) else {}
    jobs: list[Job] = [cell, *elements.values()]
    ends: list[dict[str, Any]] = []
    for termination in chosen:
        plane, name = "".join(map(str, termination.facet)), termination.name
        left_out = list(termination.surplus or ()) if study.terminations == "any" else []
        layers = list(study.thicknesses or _thicknesses(termination))
        slabs = []
        for count in layers:
            cut = slab(cell.output["atoms"], before, encode(termination.unit), count, False, left_out, study.vacuum[0])
            cut.name = f"{plane} {name}, {count} layers"
            relaxed = bench.calculate("relax", [cut.output], f"slab {plane} {name}, {count} layers")
            jobs += [cut, relaxed]
            slabs.append(relaxed.output)
        thinnest = layers.index(min(layers))
        wider = _wider(bench, study, f"{plane} {name}, {layers[thinnest]} layers", slabs[thinnest]["atoms"])
        jobs += wider
        missing = dict(Counter(termination.unit.symbols[left_out]))
        symmetric = termination.symmetric or bool(left_out)
        ends.append({"facet": plane, "name": name, "symmetric": symmetric, "layers": layers, "missing": missing,
                     "atoms": len(termination.unit), "slabs": slabs, "vacuum": list(study.vacuum),
                     "wider": wider[-1].output if wider else None, "rows": equivalents(bulk, termination.facet)})  # fmt: skip
        remarks.append(remark(termination, both=bool(left_out)))
    tiling = (bulk.cell.array @ np.linalg.inv(before["cell"])).tolist()
    about = bench.about(label_of(study.phase))
    found = {symbol: job.output for symbol, job in elements.items()}
    return bench.flow(jobs, summarise(about, ends, cell.output, found, tiling, remarks))


def _wider(bench: Bench, study: SurfaceStudy, name: str, relaxed: Any) -> list[Job]:
    """Make the jobs that compute a relaxed slab in a wider vacuum; none where none is asked for."""
    if len(study.vacuum) == 1:
        return []
    wide = widen(relaxed, study.vacuum[1])
    label = f"{name}, {study.vacuum[1]:g} Å of vacuum"
    wide.name = label
    return [wide, bench.calculate("relax", [wide.output], f"slab {label}", steps=0)]


def _elements(bench: Bench, study: SurfaceStudy) -> dict[str, Job]:
    """Make the jobs that relax the crystals which the chemical potentials of a compound's two elements refer to."""
    assert not isinstance(study.phase, tuple)
    symbols = ordered(bench.atoms(study.phase).symbols)
    if strange := sorted(set(study.references) - set(symbols)):
        raise BadInput(f"references: {label_of(study.phase)} has no {strange[0]} (it has: {', '.join(symbols)})")
    if len(symbols) > 2:
        raise BadInput(
            f"terminations: any needs a compound of two elements; {label_of(study.phase)} has {len(symbols)}, whose "
            "chemical potentials have no two ends; take all"
        )
    named = {symbol: study.references.get(symbol) or element_phase(symbol) for symbol in symbols}
    for symbol, phase in named.items():
        if set(bench.atoms(phase).symbols) != {symbol}:
            raise BadInput(f"references: {label_of(phase)} is no crystal of {symbol} alone")
    return {symbol: relaxed_cell(bench, phase) for symbol, phase in named.items()} if len(symbols) == 2 else {}


def _facets(bulk: Atoms, study: SurfaceStudy) -> tuple[Facet, ...]:
    """Give the facets that are asked for, each once."""
    if not study.facets:
        return tuple(facets(bulk, study.max_index))
    for place, facet in enumerate(study.facets):
        for other in study.facets[:place]:
            if other in equivalents(bulk, facet):
                raise BadInput(f"facets: symmetry makes {list(other)} and {list(facet)} one; name it once")
    return study.facets


def _defined(known: Terminations) -> tuple[list[Termination], list[str]]:
    """Choose the terminations whose surface energy needs no chemical potential, each slab once."""
    where = f"({' '.join(map(str, known.facet))})"
    chosen: list[Termination] = []
    for termination in known.known.values():
        # Turned over, a slab whose sides differ is that of its lower side's termination.
        if termination.polar is not True and termination.bottom not in [other.name for other in chosen]:
            chosen.append(termination)
    polar = [name for name, termination in known.known.items() if termination.polar]
    said = [
        f"{where}: left out are the polar terminations {', '.join(polar)}, whose surface energies depend on chemical "
        "potentials and reconstructions."
    ]
    if not chosen:
        said = [f"{where}: all terminations are polar ({', '.join(polar)}); their surface energies depend on chemical "
                "potentials and reconstructions, and they are left out."]  # fmt: skip
    return chosen, said if polar else []


def _both_sides(known: Terminations) -> tuple[list[Termination], list[str]]:
    """Choose all terminations that a slab can have on both sides, and others that need no chemical potential."""
    chosen = [one for one in known.known.values() if one.surplus is not None]
    others, _ = _defined(known)
    chosen += [one for one in others if one.surplus is None]
    lost = [name for name, one in known.known.items() if one.surplus is None and one not in chosen]
    where = f"({' '.join(map(str, known.facet))})"
    said = [f"{where}: nothing turns the crystal over; left out are the polar terminations {', '.join(lost)}."]
    return chosen, said if lost else []


def _thicknesses(termination: Termination) -> tuple[int, ...]:
    """Give the numbers of layers of slabs that reach `THICK`."""
    counts: list[int] = []
    for thickness in THICK:
        counts.append(max(layers_of(termination, thickness), counts[-1] + 1 if counts else 1))
    return tuple(counts)


@job
def summarise(
    about: dict[str, Any],
    ends: list[dict[str, Any]],
    cell: dict[str, Any],
    elements: dict[str, dict[str, Any]],
    tiling: list[list[float]],
    remarks: list[str],
) -> dict[str, Any]:
    """Turn the slabs into the study's result."""
    conventional = np.array(tiling) @ cell["atoms"]["cell"]
    ends = [{**end, "normals": [normal_of(conventional, row) for row in end["rows"]]} for end in ends]
    quantities, data, notes = analysis.summarise(ends, cell, elements, about["limits"])
    views = tuple(
        View(title=f"{end['facet']} {end['name']}, {end['layers'][-1]} layers", frames=(end["slabs"][-1]["atoms"],))
        for end in ends
    )
    slabs = [slab for end in ends for slab in (*end["slabs"], end["wider"]) if slab]
    results = [*slabs, cell, *elements.values()]
    return finish(about, results, quantities, notes=(*remarks, *notes), views=views, data=data)
