"""Structures made ready to look at: turned to the reader, completed at the cell's faces, with bonds and cell."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from potash.analysis.report.elements import bonds, colour, radius
from potash.analysis.result import View
from potash.structures.encoding import Plain

#: Atoms this near to a face of the cell are drawn on the opposite face too.
_FACE = 0.02
#: An atom that moves less than this along a band leaves no trace, in Å.
_STILL = 0.5
#: From this many atoms on, those that do not hop are drawn smaller beside one that does.
_CROWD = 24
#: A conventional cell with more atoms than this is not drawn in the primitive one's place.
_CONVENTIONAL = 48
#: More atoms than this are drawn without their images on the cell's faces.
_MANY = 150

Scene = dict[str, Any]


def scene(view: View, labels: list[str] | None = None, marks: str = "image-") -> Scene:
    """Make one view ready for the page.

    Parameters
    ----------
    view
        One structure, or the frames of a path with the same atoms in the same order.
    labels
        What to say of each frame.
    marks
        The start of the ids that the frames have in the study's figures.

    Returns
    -------
    dict
        ``title``; ``symbols``; ``elements`` (colour, radius); ``frames`` (positions in Å with x to the right, y up and
        z to the reader); ``bonds`` a frame; ``cell`` (edges as pairs of corners); ``movers`` (indices), ``mover`` (radius) and ``path``
        of the atom that hops; ``links`` (hops of a network: from, to, colour, radius); ``labels``; ``marks``; ``about``.
    """
    shown = view.frames if len(view.frames) > 1 else (_conventional(view.frames[0]),)
    first = shown[0]
    way = _unwrapped(shown)
    mover = _mover(way)
    cell = np.array(first["cell"], dtype=float)
    pbc = np.array(first["pbc"], dtype=bool)
    index, shifts = _completed(first, cell, pbc)
    symbols = [first["symbols"][i] for i in index]
    small = 0.62 if mover is not None and len(index) > _CROWD else 1.0
    raw = [positions[index] + shifts @ cell for positions in way]
    raw_path = way[:, mover] + (shifts @ cell)[index == mover][0] if mover is not None else np.zeros((0, 3))
    turn = _turn(raw[0], pbc)
    edges = _edges(cell, pbc, raw[0])
    seen = np.concatenate([raw[0], edges.reshape(-1, 3)]) @ turn.T
    middle = 0.5 * (seen.min(axis=0) + seen.max(axis=0)) @ turn
    frames = [(positions - middle) @ turn.T for positions in raw]
    return {
        "title": view.title,
        "symbols": symbols,
        "elements": {
            symbol: {"colour": colour(symbol), "radius": round(small * radius(symbol), 3)}
            for symbol in dict.fromkeys(symbols)
        },
        "frames": [np.round(positions, 3).tolist() for positions in frames],
        "bonds": [bonds(symbols, positions) for positions in frames],
        "cell": np.round((edges - middle) @ turn.T, 3).tolist() if pbc.any() else [],
        "links": [],
        "movers": [int(i) for i in np.nonzero(index == mover)[0]],
        "mover": radius(first["symbols"][mover]) if mover is not None else 0.0,
        "path": np.round((raw_path - middle) @ turn.T, 3).tolist(),
        "labels": labels if labels and len(labels) == len(frames) else [f"image {i}" for i in range(len(frames))],
        "marks": marks,
        "about": about(first) + (" (conventional)" if first is not view.frames[0] else ""),
    }


def about(plain: Plain) -> str:
    """Say in words what a structure is: what is left where nothing can be drawn."""
    from ase.geometry import cell_to_cellpar
    from ase.symbols import Symbols

    formula = Symbols.fromsymbols(plain["symbols"]).get_chemical_formula("metal")
    words = f"{formula}, {len(plain['symbols'])} atom{'s' if len(plain['symbols']) > 1 else ''}"
    if not any(plain["pbc"]):
        return words
    a, b, c, *angles = cell_to_cellpar(plain["cell"])
    return f"{words}; cell {a:.2f} × {b:.2f} × {c:.2f} Å, {' / '.join(f'{angle:.0f}°' for angle in angles)}"


def _conventional(plain: Plain) -> Plain:
    """Give a crystal's conventional cell where its primitive one was computed: that is the one people know."""
    if not all(plain["pbc"]):
        return plain
    import spglib
    from ase.data import atomic_numbers, chemical_symbols

    numbers = [atomic_numbers.get(symbol, 0) for symbol in plain["symbols"]]
    scaled = np.array(plain["positions"]) @ np.linalg.inv(plain["cell"])
    given = (plain["cell"], scaled.tolist(), numbers)
    found = spglib.standardize_cell(given, to_primitive=False, no_idealize=True, symprec=1e-3)
    if found is None or not len(numbers) < len(found[2]) <= _CONVENTIONAL:
        return plain
    cell = np.array(found[0])
    return {
        "symbols": [chemical_symbols[number] for number in found[2]],
        "positions": (np.array(found[1]) @ cell).tolist(),
        "cell": cell.tolist(),
        "pbc": plain["pbc"],
    }


def _completed(plain: Plain, cell: np.ndarray, pbc: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the atoms to draw (indices) and by how many cells each is shifted: into the cell, and on its faces twice."""
    positions = np.array(plain["positions"], dtype=float)
    if not pbc.any():
        return np.arange(len(positions)), np.zeros((len(positions), 3))
    scaled = positions @ np.linalg.inv(cell)
    home = np.where(pbc, -np.floor(scaled + 1e-4), 0.0)
    if len(positions) > _MANY:
        return np.arange(len(positions)), home
    inside = scaled + home
    index, shifts = [], []
    for i, place in enumerate(inside):
        options = [
            (0.0, 1.0) if pbc[k] and place[k] < _FACE else (0.0, -1.0) if pbc[k] and place[k] > 1 - _FACE else (0.0,)
            for k in range(3)
        ]
        for extra in product(*options):
            index.append(i)
            shifts.append(home[i] + extra)
    return np.array(index), np.array(shifts)


def _turn(positions: np.ndarray, pbc: np.ndarray) -> np.ndarray:
    """Give the rotation to the reader: a molecule flat, a slab from the side, a crystal a little from above."""
    if not pbc.any():
        _, _, axes = np.linalg.svd(positions - positions.mean(axis=0))
        flat = np.array(axes if np.linalg.det(axes) > 0 else axes * [[1], [1], [-1]])
        return np.asarray(_about_x(22) @ _about_y(-18) @ flat)
    return upright(periodic=bool(pbc.all()))


def upright(*, periodic: bool) -> np.ndarray:
    """Give the rotation that sets c upright, a little turned: of a crystal, or of a slab."""
    standing = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])
    return np.asarray(_about_x(14 if periodic else 20) @ _about_y(-24) @ standing)


def _about_x(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _about_y(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _edges(cell: np.ndarray, pbc: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Give the cell's edges, (n, 2, 3): twelve of a crystal's, and the four under a layer's lowest atom."""
    edges: list[list[np.ndarray]] = []
    for start in product((0, 1), repeat=3):
        for k in range(3):
            if (
                start[k] == 0
                and pbc[k]
                and not any(one for one, periodic in zip(start, pbc, strict=True) if not periodic)
            ):
                end = [*start]
                end[k] = 1
                edges.append([np.array(start) @ cell, np.array(end) @ cell])
    found = np.array(edges).reshape(-1, 2, 3)
    for k in (int(k) for k in np.nonzero(~pbc)[0]):
        across = cell[k] / (np.linalg.norm(cell[k]) or 1.0)
        found = found + (positions @ across).min() * across
    return found


def _unwrapped(frames: tuple[Plain, ...]) -> np.ndarray:
    """Give the positions frame by frame, (frames, atoms, 3), no atom jumping by a cell between two of them."""
    from ase.geometry import find_mic

    way = [np.array(frames[0]["positions"], dtype=float)]
    for frame in frames[1:]:
        step = np.array(frame["positions"], dtype=float) - way[-1]
        way.append(way[-1] + (find_mic(step, frame["cell"], frame["pbc"])[0] if any(frame["pbc"]) else step))
    return np.array(way)


def _mover(way: np.ndarray) -> int | None:
    """Find the atom that hops along a band: the one that moves most, and more than a relaxation would."""
    moved = np.linalg.norm(way[-1] - way[0], axis=1)
    return int(moved.argmax()) if moved.max() >= _STILL else None
