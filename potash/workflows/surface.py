"""Surface energies: relaxed slabs of several thicknesses of every facet, a line through each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jobflow import Flow, Job, job

from potash.analysis import surface as analysis
from potash.analysis.result import View
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.structures.facets import Facet, equivalents, facets, normal_of
from potash.structures.slabs import layers_of
from potash.structures.terminations import Termination, Terminations, terminations
from potash.studies.slabs import SurfaceStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell
from potash.workflows.substrate import remark, slab
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
        defined, said = _defined(known)
        chosen += defined if study.terminations == "all" else defined[:1]
        remarks += said
    if not chosen:
        raise BadInput(
            f"no facet of {label_of(study.phase)} here has a termination with a surface energy: {remarks[0]}"
        )
    before = encode(bench.atoms(study.phase, primitive=True))
    jobs: list[Job] = [cell]
    ends: list[dict[str, Any]] = []
    for termination in chosen:
        plane, name = "".join(map(str, termination.facet)), termination.name
        layers = list(study.thicknesses or _thicknesses(termination))
        slabs = []
        for count in layers:
            cut = slab(cell.output["atoms"], before, encode(termination.unit), count, False)
            cut.name = f"{plane} {name}, {count} layers"
            relaxed = bench.calculate("relax", [cut.output], f"slab {plane} {name}, {count} layers")
            jobs += [cut, relaxed]
            slabs.append(relaxed.output)
        ends.append({"facet": plane, "name": name, "symmetric": termination.symmetric, "layers": layers,
                     "atoms": len(termination.unit), "slabs": slabs, "rows": equivalents(bulk, termination.facet)})  # fmt: skip
        remarks.append(remark(termination))
    tiling = (bulk.cell.array @ np.linalg.inv(before["cell"])).tolist()
    return bench.flow(jobs, summarise(bench.about(label_of(study.phase)), ends, cell.output, tiling, remarks))


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
        said = [f"{where}: all terminations are polar ({', '.join(polar)}); its surface energy depends on chemical "
                "potentials and reconstructions, and it is left out of the equilibrium shape."]  # fmt: skip
    return chosen, said if polar else []


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
    tiling: list[list[float]],
    remarks: list[str],
) -> dict[str, Any]:
    """Turn the slabs into the study's result."""
    conventional = np.array(tiling) @ cell["atoms"]["cell"]
    ends = [{**end, "normals": [normal_of(conventional, row) for row in end["rows"]]} for end in ends]
    quantities, data, notes = analysis.summarise(ends, cell, about["limits"])
    views = tuple(
        View(title=f"{end['facet']} {end['name']}, {end['layers'][-1]} layers", frames=(end["slabs"][-1]["atoms"],))
        for end in ends
    )
    results = [*[slab for end in ends for slab in end["slabs"]], cell]
    return finish(about, results, quantities, notes=(*remarks, *notes), views=views, data=data)
