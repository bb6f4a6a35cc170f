"""What a liquid's trajectory says: structure around the ions, speciation, transport."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from potash.analysis.result import Quantity
from potash.analysis.trajectory import Trajectory
from potash.structures.clusters import Cluster
from potash.structures.topology import Topology


@dataclass(frozen=True)
class Reading:
    """All that was read from a trajectory.

    Attributes
    ----------
    quantities
        By name; errors are half-widths of 95 % intervals, from blocks.
    data
        What the report's figures are drawn from (`analysis.report.figures_liquid`).
    notes
        Definitions that were used, and what could not be read.
    clusters
        The most populated shells, cut out.
    """

    quantities: dict[str, Quantity] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    clusters: tuple[Cluster, ...] = ()


def read(
    frames: Trajectory,
    topology: Topology,
    temperature: float,
    cation: str | None = None,
    *,
    viscosity: tuple[float, float] | None = None,
    current: float = 1.0,
    cutoffs: dict[str, float] | None = None,
    samples: int = 1,
    folder: Path | None = None,
) -> Reading:
    """Read a liquid's trajectory, going through its frames once; memory does not grow with their number.

    Parameters
    ----------
    frames
        As `analysis.trajectory.trajectory` opens them; atoms in the topology's order.
    topology
        The molecules.
    temperature
        In K.
    cation
        The name of the species whose shells are read, a monatomic cation; None: transport alone.
    viscosity
        Of this liquid at this temperature, with its error, in mPa·s: `transport.green_kubo` gives one. Without it,
        diffusion coefficients have no finite-size correction.
    current
        The current density of Sand's time, in mA/cm².
    cutoffs
        Radii of first shells in Å, by ``species.element`` as ``DME.O``, in place of the minima of g(r).
    samples
        How many of the most populated shells of each kind are cut out.
    folder
        Where contacts and centres of mass are kept meanwhile (some kB a frame); None: a temporary folder.
    """
    from potash.analysis import solvation, transport
    from potash.analysis.record import record

    with tempfile.TemporaryDirectory(dir=folder) as place:
        kept = record(frames, topology, cation, Path(place))
        quantities: dict[str, Quantity] = {}
        data: dict[str, Any] = {"frames": len(kept.times), "span": float(kept.times[-1] - kept.times[0])}
        notes: list[str] = []
        clusters: tuple[Cluster, ...] = ()
        if cation is not None:
            told = solvation.summarise(kept, frames, cutoffs or {}, samples)
            clusters = told.clusters
            quantities |= told.quantities
            data |= told.data
            notes += told.notes
        moved = transport.summarise(kept, temperature, cation, viscosity, current)
        quantities |= moved.quantities
        data |= moved.data
        notes += moved.notes
    return Reading(quantities, data, tuple(notes), clusters)
