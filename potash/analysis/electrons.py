"""States of an interface by layer, and how far those of both sides overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.alignment import INSIDE, Side, aligned
from potash.analysis.macroscopic import macroscopic, plateau
from potash.analysis.overlap import EDGE, VALENCE, overlap, spread
from potash.analysis.result import Quantity
from potash.structures.encoding import decode
from potash.structures.interfaces import FILM, SUBSTRATE
from potash.structures.layers import Layer, deeper, layers, whole


def summarise(
    told: dict[str, Any], found: dict[str, Any], best: int
) -> tuple[dict[str, Quantity], dict[str, Any], tuple[str, ...]]:
    """Turn the states and potentials of an interface and of both strained bulks into quantities.

    Parameters
    ----------
    told, found
        As for `analysis.interface.summarise`, with the ``width`` of the levels' broadening in eV; ``found["electrons"]`` has the results of the ``interface``, the ``film`` and
        the ``substrate`` (None for a layer).
    best
        Which of the relaxed interfaces it is.

    Returns
    -------
    tuple
        The quantities, the data of the figures, and notes.
    """
    made = found["electrons"]["interface"]
    film, substrate = (_side(told, found, best, number) for number in (0, 1))
    states = np.array(made["states"])
    quantities, notes = _overlaps(made["energies"], states, told["width"], film, substrate)
    offsets, more = aligned(made["fermi"], film, substrate)
    return quantities | offsets, _data(found, best, states, (film, substrate)), (*notes, *more)


def _side(told: dict[str, Any], found: dict[str, Any], best: int, number: int) -> Side:
    name, flag = (("film", FILM), ("substrate", SUBSTRATE))[number]
    made, bulk = found["electrons"]["interface"], found["electrons"][name]
    own = layers(decode(found["starts"][best]), flag)
    repeats = told["stack"]["repeats"][number]
    relaxed = decode(found["relaxed"][best]["atoms"])
    across = relaxed.positions[[atom for layer in own for atom in layer.atoms], 2]
    heights = (float(across.min()), float(across.max()))
    if bulk is None:
        return Side(name, own, own[0], None, None, heights)
    bulk = {**bulk, "period": decode(found["references"][number]["atoms"]).cell.array[2, 2]}
    height = relaxed.cell.array[2, 2]
    thick = heights[1] - heights[0] > INSIDE * bulk["period"]
    inside = plateau(np.array(made["planar"]), height, bulk["period"], heights) if thick else None
    return Side(name, own, deeper(own, repeats), bulk, inside, heights)


def _overlaps(
    energies: list[float], states: np.ndarray, width: float, film: Side, substrate: Side
) -> tuple[dict[str, Quantity], list[str]]:
    """Compare the facing layers, the nearest layers with all elements, and the equivalent pair far from the interface."""

    def pair(one: tuple[Layer, ...], other: tuple[Layer, ...], where: str) -> Quantity:
        mine, theirs = (states[[atom for layer in side for atom in layer.atoms]].sum(axis=0) for side in (one, other))
        return Quantity(
            value=overlap(energies, mine, theirs),
            unit="",
            error=spread(energies, mine, theirs, width),
            says=f"of {_called(one)} (film, {_numbers(one)}) and {_called(other)} (substrate, {_numbers(other)}), {where}: "
            f"∫ min of both densities, each of norm 1 from {VALENCE[0]:g} eV to the Fermi level; 1: equal, 0: at no common "
            f"energy; the error is what twice the broadening, or an edge {EDGE:g} eV off, changes at most",
        )

    near = (film.layers[:1], substrate.layers[:1])
    quantities = {
        "overlap of states": pair(*near, "at the interface"),
        "overlap of states, all elements": pair(
            whole(film.layers), whole(substrate.layers), "the nearest layers that have every element of their side"
        ),
    }
    if film.deep is None or substrate.deep is None or ((film.deep,), (substrate.deep,)) == near:
        note = "No overlap far from the interface: no equivalent layers lie deeper; crystals two repeat units thick have them."
        return quantities, [note]
    deep = pair((film.deep,), (substrate.deep,), "the equivalent pair inside both sides")
    return quantities | {"overlap of states, far away": deep}, []


def _called(chosen: tuple[Layer, ...]) -> str:
    return " + ".join(layer.formula for layer in chosen)


def _numbers(chosen: tuple[Layer, ...]) -> str:
    return f"layer {chosen[0].number}" if len(chosen) == 1 else f"layers {chosen[0].number} to {chosen[-1].number}"


def _data(found: dict[str, Any], best: int, states: np.ndarray, sides: tuple[Side, Side]) -> dict[str, Any]:
    """Gather what the figures show: potentials over z (Å, eV), densities per atom over energy (1/eV, eV)."""
    made = found["electrons"]["interface"]
    relaxed = decode(found["relaxed"][best]["atoms"])
    periods = [side.bulk["period"] for side in sides if side.bulk is not None]
    flat = macroscopic(np.array(made["planar"]), relaxed.cell.array[2, 2], periods)
    rows = [
        {
            "side": side.name,
            "number": layer.number,
            "formula": layer.formula,
            "z": float(relaxed.positions[list(layer.atoms), 2].mean()),
            "states": states[list(layer.atoms)].mean(axis=0).round(5).tolist(),
        }
        for side in sides
        for layer in side.layers
    ]
    return {
        "z": made["z"],
        "planar": made["planar"],
        "macroscopic": flat.tolist(),
        "fermi": made["fermi"],
        "inside": {
            side.name: [*side.heights, side.plateau.value if side.plateau is not None else None] for side in sides
        },
        "energies": made["energies"],
        "complete": made["complete"],
        "layers": rows,
        "elements": [one for side in sides for one in _elements(relaxed, states, side)],
    }


def _elements(atoms: Any, states: np.ndarray, side: Side) -> list[dict[str, Any]]:
    """Give each element's density per atom in the layer nearest the interface that has it."""
    made = []
    for element in sorted({atoms.symbols[atom] for layer in side.layers for atom in layer.atoms}):
        near = next(layer for layer in side.layers if element in atoms.symbols[list(layer.atoms)])
        own = [atom for atom in near.atoms if atoms.symbols[atom] == element]
        curve = states[own].mean(axis=0).round(5).tolist()
        made.append({"side": side.name, "element": element, "layer": near.number, "states": curve})
    return made
