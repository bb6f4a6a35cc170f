"""What all hops of a study share: the host, its supercell, and the kinds of hops in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobflow import Job, job

from potash.errors import BadInput
from potash.structures.encoding import Plain, decode, encode
from potash.structures.hops import Hops, find_hops
from potash.structures.supercells import Size, regrown, supercell
from potash.studies.amorphous import AmorphousStudy
from potash.studies.hopping import BarrierStudy, NetworkStudy
from potash.studies.interfaces import PassageStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell
from potash.workflows.substrate import grow, surface_of, where

if TYPE_CHECKING:
    from ase import Atoms


@dataclass(frozen=True)
class Ground:
    """A host in which an ion hops.

    Attributes
    ----------
    hops
        Kinds and network, of the host as it is given.
    ideal
        The supercell before relaxation.
    large
        A reference to the relaxed supercell.
    cell
        A reference to the result that relaxed the host's own cell.
    jobs
        What makes them.
    settings
        Settings that the study asks for itself.
    remarks
        What is to be said about the host.
    """

    hops: Hops
    ideal: Atoms
    large: Any
    cell: Any
    jobs: list[Job]
    settings: dict[str, Any]
    remarks: list[str]


def lay(bench: Bench) -> Ground:
    """Relax the host, make the supercell, find the hops."""
    study = bench.study
    assert isinstance(study, BarrierStudy | NetworkStudy)
    assert study.host is not None
    assert not isinstance(study.host, tuple)
    settings = own_settings(study)
    remarks: list[str] = []
    if study.mechanism == "adatom":
        surface, host, jobs, remarks = surface_of(bench, study.host, study.facet)
        size = _in_plane(study.supercell)
        large = grow(surface, list(size), study.substrate == "frozen")
        ideal = supercell(host, size)
    else:
        host = bench.atoms(study.host)
        jobs = [relaxed_cell(bench, study.host)]
        matrix: Size = (1, 1, 1) if study.supercell == "conventional" else _in_space(study.supercell)
        ideal = supercell(host, matrix)
        primitive = encode(bench.atoms(study.host, primitive=True))
        large = regrow(jobs[0].output["atoms"], encode(host), primitive, matrix)
    hops = find_hops(host, study.ion, study.mechanism, study.cutoff, study.sites)
    return Ground(hops, ideal, large.output, jobs[0].output, [*jobs, large], settings, remarks)


def own_settings(study: BarrierStudy | NetworkStudy | PassageStudy | AmorphousStudy) -> dict[str, Any]:
    """Give the engine's settings that a study of hops has keys of its own for."""
    charge = {"charge": study.charge} if study.charge else {}
    return {**charge, **({"kpoints": list(study.kpoints)} if study.kpoints else {})}


def system_of(study: BarrierStudy | NetworkStudy) -> str:
    """Name what hops where."""
    assert study.host is not None
    assert not isinstance(study.host, tuple)
    facet = where(study.facet, study.termination)
    how = {"adatom": f"{study.ion} on"}.get(study.mechanism, f"{study.ion} {study.mechanism} in")
    return f"{how} {label_of(study.host)}{facet}"


def _in_plane(size: Any) -> tuple[int, int, int]:
    """Read the supercell of a surface."""
    if size == "conventional":
        return 1, 1, 1
    if isinstance(size, tuple) and all(isinstance(part, int) for part in size) and (len(size) == 2 or size[2] == 1):
        return size[0], size[1], 1
    given = str(size).replace("(", "[").replace(")", "]")
    raise BadInput(f"the supercell of a surface needs two whole numbers, as [3, 3], not {given}")


def _in_space(size: Any) -> Any:
    """Read the supercell of a crystal."""
    if isinstance(size, tuple) and len(size) == 2:
        raise BadInput(f"the supercell of a crystal needs three whole numbers, as [2, 2, 2], not {list(size)}")
    return size


@job
def regrow(relaxed: Plain, host: Plain, primitive: Plain, size: Any) -> Plain:
    """Give the relaxed host the cell that the study asked for."""
    grown = regrown(decode(relaxed), decode(host), decode(primitive))
    return encode(supercell(grown, _tuples(size)))


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list | tuple) else value
