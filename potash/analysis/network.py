"""Networks of hops: how far a carrier comes over which barrier, and how fast."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.barrier import prefactor, profile, rest
from potash.analysis.barrier import summarise as summarise_hop
from potash.analysis.bottleneck import barriers, known
from potash.analysis.network_diffusion import Carrier, balanced
from potash.analysis.network_diffusion import quantities as diffusion
from potash.analysis.result import Quantity, Status
from potash.errors import BadInput
from potash.structures.hops import Edge, Hops
from potash.structures.network import Link, bottlenecks

#: What a band's figure needs of it.
DRAWN = ("energies", "spread", "distances", "curve", "saddle")


def summarise(
    hops: Hops,
    found: list[dict[str, Any]],
    sites: dict[int, float],
    cell: Any,
    limits: dict[str, float],
    temperature: float,
) -> tuple[dict[str, Quantity], Status, str | None, dict[str, Any]]:
    """Put hops together to a network: its bottlenecks, and the carrier's diffusivity.

    A hop whose band is no barrier is left out of the network, as if it could not be made; so are sites that no hop
    reaches, which may have no carrier.

    Parameters
    ----------
    hops
        Kinds and edges.
    found
        What `workflows.hop` computed, one a kind.
    sites
        The energy of a carrier on each kind of site that has one, in eV, by the site's orbit.
    cell
        The relaxed host's lattice vectors (3, 3) in Å.
    limits
        As in `analysis.barrier`.
    temperature
        At which the diffusivity is given, in K.

    Returns
    -------
    tuple
        Quantities, status, reason, and the data of the figure.
    """
    kinds = [kind_of(hops, index, each, limits) for index, each in enumerate(found)]
    hops, alone = hops.linked(), hops
    sites = _completed(hops, found, sites)
    zero = min(sites[site.orbit] for site in hops.sites)
    energies = [sites[site.orbit] - zero for site in hops.sites]
    links = _single(_links(hops, kinds, energies), kinds, energies)
    ways = known(hops, kinds, energies, zero, links)
    quantities, easiest = barriers(ways, hops, kinds)
    quantities |= _of_kinds(kinds)
    used = sorted({edge.kind for _, edge in links})
    data: dict[str, Any] = {
        "kinds": kinds,
        "alone": sorted({site.name for site in alone.sites} - {site.name for site in hops.sites}),
        "lacking": [kind + 1 for kind in used if kinds[kind]["no prefactor"]],
        "sites": _sites(hops, energies),
        "edges": _edges(hops),
        "bottleneck": _listed([links[edge][1] for edge in easiest.edges]) if easiest else [],
        "periodic": hops.host.pbc.tolist(),
        "cell": np.asarray(cell).tolist(),
    }
    if easiest is None:
        missing = "; ".join(f"hop {kind['number']}: {kind['reason']}" for kind in kinds if kind["reason"])
        return quantities, "no barrier", f"the hops that are barriers lead nowhere ({missing})", data
    if not data["lacking"]:
        carrier = Carrier(hops, energies, cell, ways.links, ways.edges, balanced(hops, kinds, used))
        deeper = any(kind["deeper"] is not None for kind in kinds)
        more, data["arrhenius"] = diffusion(carrier, kinds, temperature, (ways.refused, deeper))
        quantities |= more
    return quantities, "done", None, data


def notes(data: dict[str, Any]) -> list[str]:
    """Say which sites and hops are left out, and what that does.

    Parameters
    ----------
    data
        As `summarise` gives it.
    """
    made = [
        f"No hop within the cutoff reaches the sites {name}: they are left out. All that is said of the network is of a "
        f"carrier on the other sites; one that is on {name} for a part of the time is slower by that part, which was not "
        "computed."
        for name in data["alone"]
    ]
    for kind in data["kinds"]:
        way = f"{kind['number']} ({kind['from']} to {kind['to']})"
        if kind["reason"]:
            made.append(f"Hop {way} is no barrier and left out of the network: {kind['reason']}.")
        if kind["rests"]:
            made.append(
                f"On hop {kind['number']} the carrier rests: in the diffusivity it counts as the shorter hops that it is "
                "made of."
            )
        if kind["number"] in data["lacking"]:
            made.append(f"There is no diffusivity without the rate of hop {way}: {kind['no prefactor']}.")
    return made


def kind_of(hops: Hops, index: int, found: dict[str, Any], limits: dict[str, float]) -> dict[str, Any]:
    """Say what is known of one kind of hop."""
    quantities, status, reason = summarise_hop(found, limits)
    hop = hops.kinds[index]
    forward, backward, _ = profile(found["crossing"]["band"])
    if lower := found["crossing"]["lower"]:
        end = found["ends"][0 if lower[-1]["was"] == "initial" else -1]
        depth = end["energy"] - lower[-1]["energy"]
        reason = f"it passes a site {depth:.3f} eV deeper than its {lower[-1]['was']} end point, which is none of the network's"
    done = status == "done" and not lower
    there, back, lack = _prefactors(found) if done else (None, None, None)
    return {
        "number": index + 1,
        "from": hops.sites[hop.start].name,
        "to": hops.sites[hop.end].name,
        "distance": hop.distance,
        "multiplicity": hop.multiplicity,
        "forward": forward if done else None,
        "backward": backward if done else None,
        "error": quantities["barrier"].error,
        "prefactor": there,
        "prefactor back": back,
        "no prefactor": lack,
        "rests": done and rest(found["crossing"]["band"]) is not None,
        "deeper": min((each["energy"] for each in lower), default=None),
        "reason": reason,
        "checks": [check.model_dump() for check in quantities["barrier"].checks],
        "band": {name: found["crossing"]["band"][name] for name in DRAWN},
    }


def _prefactors(found: dict[str, Any]) -> tuple[float | None, float | None, str | None]:
    """Give a hop's prefactors there and back, and why one is missing."""
    made: list[float | None] = []
    lacks: list[str] = []
    for place, way in enumerate(("forwards", "backwards")):
        try:
            made.append(prefactor(found, place))
        except BadInput as lack:
            made.append(None)
            lacks.append(f"{way} {lack}")
    return made[0], made[1], "; ".join(lacks) or None


def _completed(hops: Hops, found: list[dict[str, Any]], sites: dict[int, float]) -> dict[int, float]:
    """Add the sites where hops only end: the lowest of the end points that were relaxed there for hops of their own."""
    ends: dict[int, float] = {}
    for hop, each in zip(hops.kinds, found, strict=True):
        orbit = hops.sites[hop.end].orbit
        if not each["hop"]["related"]:
            ends[orbit] = min(ends.get(orbit, np.inf), each["ends"][-1]["energy"])
    return {**ends, **sites}


def _links(hops: Hops, kinds: list[dict[str, Any]], energies: list[float]) -> list[tuple[Link, Edge]]:
    """Give the hops that are barriers, with their saddles."""
    return [
        ((edge.start, edge.end, edge.cell, _saddle(hops, edge.kind, kinds, energies)), edge)
        for edge in hops.edges
        if kinds[edge.kind]["forward"] is not None
    ]


def _saddle(hops: Hops, kind: int, kinds: list[dict[str, Any]], energies: list[float]) -> float:
    """Give the energy of a kind's saddle: not below its sites, which other bands' end points may put a little higher."""
    hop = hops.kinds[kind]
    start, end = energies[hop.start], energies[hop.end]
    return max(start + float(kinds[kind]["forward"]), start, end)


def _single(
    links: list[tuple[Link, Edge]], kinds: list[dict[str, Any]], energies: list[float]
) -> list[tuple[Link, Edge]]:
    """Leave out the jumps that rest on their way, if those that do not lead on for ever: they are made of these."""
    single = [(link, edge) for link, edge in links if not kinds[edge.kind]["rests"]]
    leads = bottlenecks(energies, [link for link, _ in single]).dimensions[0] is not None
    return single if leads else links


def _of_kinds(kinds: list[dict[str, Any]]) -> dict[str, Quantity]:
    return {
        f"hop {kind['number']}": Quantity(
            value=kind["forward"],
            unit="eV",
            error=kind["error"],
            says=f"{kind['from']} to {kind['to']}, {kind['distance']:.2f} Å, {kind['multiplicity']} from each site"
            + (f"; back {kind['backward']:.3f} eV" if kind["reason"] is None else "; no barrier"),
        )
        for kind in kinds
    }


def _sites(hops: Hops, energies: list[float]) -> list[dict[str, Any]]:
    return [
        {"position": list(site.position), "name": site.name, "energy": energy}
        for site, energy in zip(hops.sites, energies, strict=True)
    ]


def _edges(hops: Hops) -> list[list[Any]]:
    """List each hop of the network once."""
    return _listed(
        [edge for edge in hops.edges if (edge.start, edge.cell) <= (edge.end, tuple(-step for step in edge.cell))]
    )


def _listed(edges: list[Edge]) -> list[list[Any]]:
    """Write edges as plain data: start, end, the end's cell, kind."""
    return [[edge.start, edge.end, list(edge.cell), edge.kind] for edge in edges]
