"""Migration barriers: relaxed host, end points relaxed once, a climbing-image band between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobflow import Flow, Job, job

from potash.analysis import barrier as analysis
from potash.analysis.result import View
from potash.campaign import BarrierStudy
from potash.errors import BadInput
from potash.structures.encoding import Plain, decode, encode
from potash.structures.hops import Hop, end_points, image_of, is_shortest, vacancy_hops
from potash.structures.supercells import regrown, supercell
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell
from potash.workflows.summary import finish

if TYPE_CHECKING:
    from ase import Atoms

#: Vacancies nearer to their own images than this change the barrier by more than a few meV, in Å.
FAR = 9.0


def _apart(cell: Atoms) -> float:
    from ase.geometry import minkowski_reduce

    reduced, _ = minkowski_reduce(cell.cell.array)
    return float(min(sum(x * x for x in vector) ** 0.5 for vector in reduced))


def build(bench: Bench) -> Flow:
    """Make the graph of a barrier study."""
    study = bench.study
    assert isinstance(study, BarrierStudy)
    assert not isinstance(study.host, tuple)
    host = bench.atoms(study.host)
    size = (1, 1, 1) if study.supercell == "conventional" else study.supercell
    large = supercell(host, size)
    hops = vacancy_hops(large, study.ion, study.cutoff)
    if study.hop > len(hops):
        raise BadInput(
            f"{label_of(study.host)} has {len(hops)} distinct {study.ion} hops up to {study.cutoff:g} Å, no hop {study.hop}"
        )
    hop = hops[study.hop - 1]
    if not is_shortest(large, hop):
        raise BadInput(
            f"in this cell hop {study.hop} ({hop.distance:.2f} Å) leads to an image of a nearer site; take a larger supercell"
        )
    before, after = end_points(large, hop)
    related = image_of(before, before, after, large) is not None

    cell = relaxed_cell(bench, study.host)
    grown = regrow(
        cell.output["atoms"],
        encode(host),
        encode(bench.atoms(study.host, primitive=True)),
        list(size) if isinstance(size, tuple) else size,
    )
    chosen = [hop.vacancy, hop.ion, list(hop.vector), hop.multiplicity]
    ends = place(grown.output, chosen, encode(large))
    own: dict[str, Any] = {"charge": study.charge} if study.charge else {}
    if study.kpoints:
        own["kpoints"] = list(study.kpoints)
    first = bench.calculate("relax", [ends.output["before"]], "end point", own)
    jobs: list[Job] = [cell, grown, ends, first]
    relaxed = [first.output]
    if related:
        other = carry(first.output["atoms"], ends.output, grown.output)
        jobs.append(other)
        final = other.output
    else:
        second = bench.calculate("relax", [ends.output["after"]], "other end point", own)
        jobs.append(second)
        relaxed.append(second.output)
        final = second.output["atoms"]
    band = bench.calculate("band", [first.output["atoms"], final], "band", own, images=study.images)
    jobs.append(band)
    about = bench.about(f"{study.ion} vacancy in {label_of(study.host)}")
    moving = {"ion": hop.ion - (hop.vacancy < hop.ion), "distance": hop.distance, "multiplicity": hop.multiplicity}
    remarks = {"apart": _apart(large), "charge": study.charge, "atoms": len(before), "kinds": len(hops)}
    return bench.flow(jobs, summarise(about, cell.output, relaxed, band.output, moving, remarks, related))


@job
def regrow(relaxed: Plain, host: Plain, primitive: Plain, size: Any) -> Plain:
    """Give the relaxed host the cell that the study asked for."""
    grown = regrown(decode(relaxed), decode(host), decode(primitive))
    return encode(supercell(grown, tuple(size) if isinstance(size, list) else size))


@job
def place(host: Plain, hop: list[Any], ideal: Plain) -> dict[str, Plain]:
    """Build the end points of the hop in the relaxed host."""
    atoms, start = decode(host), decode(ideal)
    vacancy, ion, vector, multiplicity = hop
    scaled = start.cell.scaled_positions([vector])[0] @ atoms.cell.array
    before, after = end_points(atoms, Hop(vacancy, ion, tuple(scaled), multiplicity))
    return {"before": encode(before), "after": encode(after)}


@job
def carry(relaxed: Plain, ends: dict[str, Plain], host: Plain) -> Plain:
    """Give the other end point by symmetry: it need not be relaxed again."""
    found = image_of(decode(relaxed), decode(ends["before"]), decode(ends["after"]), decode(host))
    if found is None:
        raise BadInput("the relaxed host lost the symmetry that relates the end points")
    return encode(found)


@job
def summarise(
    about: dict[str, Any],
    cell: dict[str, Any],
    ends: list[dict[str, Any]],
    band: dict[str, Any],
    hop: dict[str, Any],
    remarks: dict[str, Any],
    related: bool,
) -> dict[str, Any]:
    """Turn the band into the study's result."""
    quantities, status, reason = analysis.summarise(band, ends, hop, about["limits"], related=related)
    notes = [
        f"Hop of {hop['distance']:.2f} Å, {hop['multiplicity']} of this kind leave a vacancy; {remarks['kinds']} kinds up to the cutoff.",
        f"Cell of {remarks['atoms']} atoms"
        + (f", charge {remarks['charge']:+g} e with a uniform background." if remarks["charge"] else ", neutral."),
        f"A vacancy and its own image are {remarks['apart']:.1f} Å apart"
        + (
            "."
            if remarks["apart"] > FAR
            else ": so near that they change each other's barrier; take a larger supercell."
        ),
        "The end points are related by symmetry: one was relaxed, the other follows from it."
        if related
        else "Both end points were relaxed.",
    ]
    if about["protocol"] == "fast":
        notes.append("Not converged: the protocol 'fast' checks neither k-points nor cutoff nor the size of the cell.")
    views = (View(title="Band", frames=tuple(band["images"])),)
    data = {name: band[name] for name in ("energies", "distances", "curve", "saddle")}
    return finish(
        about, [band, *ends, cell], quantities, status=status, reason=reason, notes=tuple(notes), views=views, data=data
    )
