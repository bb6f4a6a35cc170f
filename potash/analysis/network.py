"""Networks of hops: how far a carrier comes over which barrier, and how fast."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.barrier import attempt, profile, rest
from potash.analysis.barrier import summarise as summarise_hop
from potash.analysis.diffusion import diffusivity, mean
from potash.analysis.rates import arrhenius
from potash.analysis.result import Quantity, Status
from potash.structures.hops import Edge, Hops
from potash.structures.network import Percolation, bottlenecks

#: The temperatures of the Arrhenius plot, in K.
TEMPERATURES = tuple(range(250, 601, 25))
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

    A hop whose band is no barrier is left out of the network, as if it could not be made.

    Parameters
    ----------
    hops
        Kinds and edges.
    found
        What `workflows.hop` computed, one a kind.
    sites
        The energy of a carrier on each kind of site, in eV, by the site's orbit.
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
    zero = min(sites.values())
    energies = [sites[site.orbit] - zero for site in hops.sites]
    known = {index for index, kind in enumerate(kinds) if kind["forward"] is not None}
    every = [
        (edge.start, edge.end, edge.cell, _saddle(hops, edge.kind, kinds, energies), edge)
        for edge in hops.edges
        if edge.kind in known
    ]
    links = _single(every, kinds, energies)
    percolation = bottlenecks(energies, [link[:4] for link in links])
    quantities = _bottlenecks(percolation, hops, [link[4].kind for link in links])
    quantities |= _of_kinds(kinds)
    easiest = percolation.dimensions[0]
    data: dict[str, Any] = {
        "kinds": kinds,
        "sites": _sites(hops, energies),
        "edges": _edges(hops),
        "bottleneck": _listed([links[edge][4] for edge in easiest.edges]) if easiest else [],
        "periodic": hops.host.pbc.tolist(),
        "cell": np.asarray(cell).tolist(),
    }
    if easiest is None:
        missing = "; ".join(f"hop {kind['number']}: {kind['reason']}" for kind in kinds if kind["reason"])
        return quantities, "no barrier", f"the hops that are barriers lead nowhere ({missing})", data
    if all(kinds[kind]["prefactor"] for kind in known):
        prefactors = _balanced(hops, kinds, sorted(known))
        jumps = [
            (start, end, offset, saddle, prefactors[edge.kind][int(edge.reverse)])
            for start, end, offset, saddle, edge in links
        ]
        more, curve = _diffusion(hops, energies, jumps, cell, temperature)
        quantities |= more
        data["arrhenius"] = curve
    return quantities, "done", None, data


def kind_of(hops: Hops, index: int, found: dict[str, Any], limits: dict[str, float]) -> dict[str, Any]:
    """Say what is known of one kind of hop."""
    quantities, status, reason = summarise_hop(found, limits)
    hop = hops.kinds[index]
    forward, backward, _ = profile(found["crossing"]["band"])
    if lower := found["crossing"]["lower"]:
        reason = f"it passes a deeper site (of {lower[-1]['energy']:.3f} eV), which is none of the network's"
    done = status == "done" and not lower
    return {
        "number": index + 1,
        "from": hops.sites[hop.start].name,
        "to": hops.sites[hop.end].name,
        "distance": hop.distance,
        "multiplicity": hop.multiplicity,
        "forward": forward if done else None,
        "backward": backward if done else None,
        "error": quantities["barrier"].error,
        "prefactor": attempt(found) if done else None,
        "prefactor back": attempt(found, place=1) if done else None,
        "rests": done and rest(found["crossing"]["band"]) is not None,
        "reason": reason,
        "checks": [check.model_dump() for check in quantities["barrier"].checks],
        "band": {name: found["crossing"]["band"][name] for name in DRAWN},
    }


def _saddle(hops: Hops, kind: int, kinds: list[dict[str, Any]], energies: list[float]) -> float:
    """Give the energy of a kind's saddle: not below its sites, which other bands' end points may put a little higher."""
    hop = hops.kinds[kind]
    start, end = energies[hop.start], energies[hop.end]
    return max(start + float(kinds[kind]["forward"]), start, end)


def _single(links: list[Any], kinds: list[dict[str, Any]], energies: list[float]) -> list[Any]:
    """Leave out the jumps that rest on their way, if those that do not lead on for ever: they are made of these."""
    single = [link for link in links if not kinds[link[4].kind]["rests"]]
    leads = bottlenecks(energies, [link[:4] for link in single]).dimensions[0] is not None
    return single if leads else links


def _balanced(hops: Hops, kinds: list[dict[str, Any]], known: list[int]) -> dict[int, tuple[float, float]]:
    """Give each kind's prefactors, there and back, in detailed balance.

    The ratio of the two is that of the vibrations at the two sites. Each kind tells it from atoms of its own, so that
    kinds between the same sites tell it a little differently; it is made one for all by least squares of its
    logarithm. What both directions share, their geometric mean, stays.
    """
    matrix = np.zeros((len(known), 1 + max(site.orbit for site in hops.sites)))
    for row, kind in enumerate(known):
        matrix[row, hops.sites[hops.kinds[kind].end].orbit] += 1
        matrix[row, hops.sites[hops.kinds[kind].start].orbit] -= 1
    both = np.log([[kinds[kind]["prefactor"], kinds[kind]["prefactor back"]] for kind in known])
    halves = matrix @ np.linalg.lstsq(matrix, both[:, 0] - both[:, 1], rcond=None)[0] / 2
    there, back = np.exp(both.mean(axis=1) + halves), np.exp(both.mean(axis=1) - halves)
    return {kind: (float(there[row]), float(back[row])) for row, kind in enumerate(known)}


def _bottlenecks(percolation: Percolation, hops: Hops, kinds: list[int]) -> dict[str, Quantity]:
    """Give the lowest highest barrier of every way on for ever."""
    made: dict[str, Quantity] = {}
    named = [
        ("along a", percolation.directions[0]),
        ("along b", percolation.directions[1]),
        ("along c", percolation.directions[2]),
    ]
    passages = [("percolating barrier", percolation.dimensions[0])]
    passages += [(f"percolating barrier {name}", passage) for name, passage in named]
    dimensions = int(hops.host.pbc.sum())
    passages += [
        (f"percolating barrier in {d} dimensions", percolation.dimensions[d - 1]) for d in range(2, dimensions + 1)
    ]
    for name, passage in passages:
        if name.startswith("percolating barrier along") and not hops.host.pbc["abc".index(name[-1])]:
            continue
        used = sorted({kinds[edge] + 1 for edge in passage.edges}) if passage else []
        made[name] = Quantity(
            value=passage.barrier if passage else None,
            unit="eV",
            says=f"highest saddle on the easiest way, above its lowest site; by hop{'s' * (len(used) > 1)} {', '.join(map(str, used))}"
            if passage
            else "no way leads on for ever",
            answers="diffusion barrier" if name == "percolating barrier" else None,
        )
    return made


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


def _diffusion(
    hops: Hops, energies: list[float], jumps: list[Any], cell: Any, temperature: float
) -> tuple[dict[str, Quantity], dict[str, Any]]:
    positions = [site.position for site in hops.sites]
    periodic = hops.host.pbc

    def at(kelvin: float) -> float:
        return mean(diffusivity(cell, positions, energies, jumps, kelvin), periodic)

    values = [at(kelvin) for kelvin in TEMPERATURES]
    activation, factor = arrhenius(TEMPERATURES, values)
    tensor = diffusivity(cell, positions, energies, jumps, temperature)
    says = "of the carrier, while there are few of them; the ion's own is smaller by the fraction of carriers"
    made = {
        "diffusivity": Quantity(value=at(temperature), unit="cm²/s", says=f"{says}; mean at {temperature:g} K"),
        "activation energy": Quantity(
            value=activation, unit="eV", says=f"of the diffusivity, {TEMPERATURES[0]} to {TEMPERATURES[-1]} K"
        ),
    }
    for axis, name in enumerate("xyz"):
        if periodic[axis]:
            made[f"diffusivity along {name}"] = Quantity(
                value=float(tensor[axis, axis]), unit="cm²/s", says=f"at {temperature:g} K"
            )
    return made, {"temperatures": list(TEMPERATURES), "values": values, "activation": activation, "factor": factor}


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
