"""Barriers from bands: the profile, its checks, and the refusal to call a bad band a barrier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from potash.analysis.bulk import cell_checks
from potash.analysis.curvature import FLAT, curvatures, drift, overlap, widened
from potash.analysis.rates import rate, vineyard
from potash.analysis.result import Check, Quantity, Status, at_least, at_most
from potash.analysis.shifts import error, told
from potash.errors import BadInput
from potash.structures.encoding import decode

if TYPE_CHECKING:
    from ase import Atoms

#: How far below an end point an image may lie before the end point is no minimum, in eV.
BELOW = 0.01
#: How far the energies of end points that symmetry relates may differ, in eV.
SAME = 0.01
#: The least part of the hop that the ion itself must travel.
TRAVEL = 0.8
#: How well the model must know the path between the computed images, in eV (one standard deviation).
SURE = 0.05
#: How much of an energy difference between images their forces may leave unexplained, in eV.
ROUGH = 0.05
#: The least part of the way down from the saddle that points along the path.
ALONG = 0.7
#: How far two elements of a Hessian that should be one may differ: beyond that, forces are noise, in eV/Å².
NOISE = 0.3
#: How much curvature forces may give to all atoms moved together, which have none, in eV/Å².
HELD = 0.1
#: How much of an atom's magnetic moment may change between an end point and the saddle, in Bohr magnetons.
FLIP = 0.5
#: The temperature of the rate that is given, in K.
ROOM = 300.0


def profile(band: dict[str, Any]) -> tuple[float, float, float]:
    """Give the forward and backward barrier, and the difference of the end points, in eV.

    The climbing image itself is the saddle: nothing is interpolated.
    """
    energies = band["energies"]
    top = energies[band["saddle"]]
    return top - energies[0], top - energies[-1], energies[-1] - energies[0]


def has_saddle(band: dict[str, Any]) -> bool:
    """Say whether a band found a saddle: else nothing that is computed there could make it a barrier."""
    found: bool = band["converged"] and band["forces"][band["saddle"]] is not None
    return found and not min(profile(band)[:2]) < 0  # a plan knows no energies


def below(band: dict[str, Any]) -> int | None:
    """Find the image of a converged band that lies lowest, if it lies below both end points; None where none does."""
    energies = band["energies"]
    lowest = min(range(1, len(energies) - 1), key=lambda i: energies[i])
    if band["converged"] and energies[lowest] < min(energies[0], energies[-1]) - BELOW:
        return lowest
    return None


def rest(band: dict[str, Any]) -> int | None:
    """Find the image between two maxima at which the ion would rest on its way, the deepest; None where none does."""
    energies = band["energies"]
    depths = [min(max(energies[:i]), max(energies[i + 1 :])) - energies[i] for i in range(1, len(energies) - 1)]
    deepest = int(np.argmax(depths))
    return deepest + 1 if depths[deepest] > BELOW else None


def checks(found: dict[str, Any], limits: dict[str, float]) -> tuple[Check, ...]:
    """Check the host's cell, the end points, the band, the saddle and what hops.

    Parameters
    ----------
    found
        What `workflows.hop` computed: ``crossing``, ``bent``, ``shifts``, ``hop``, ``ends``, and the relaxed ``cells``
        of the host, none where it came as it is.
    limits
        ``force`` and ``band_force`` in eV/Å, ``stress`` in GPa, ``certainty`` in eV.
    """
    band, cells = found["crossing"]["band"], found["cells"]
    return (
        *(cell_checks(cells, limits, ", host's cell") if cells else ()),
        *_of_ends(found, limits),
        *_of_band(band, limits),
        *_of_saddle(found, limits),
        *_of_hop(found),
    )


def _of_ends(found: dict[str, Any], limits: dict[str, float]) -> list[Check]:
    band, force = found["crossing"]["band"], limits["force"]
    lower = found["crossing"]["lower"]
    relaxed = [end["force"] for end in [*found["ends"], *lower]]
    made = [
        at_most("force on the relaxed end points", max(relaxed), force, "eV/Å"),
        at_most("force on the band's end points", max(band["forces"][0], band["forces"][-1]), 1.5 * force, "eV/Å"),
    ]
    difference = profile(band)[2]
    if found["hop"]["related"] and not lower:
        made.append(at_most("energy difference of equivalent end points", abs(difference), SAME, "eV"))
    else:
        before, after = found["ends"][0]["energy"], found["ends"][-1]["energy"]
        for each in lower:  # the band goes on from there, to the end point beyond its saddle
            before, after = each["energy"], after if each["was"] == "initial" else before
        off = abs(after - before - difference)
        made.append(at_most("forward less backward barrier, less the end points' difference", off, SAME, "eV"))
    for place, bent in zip(("initial", "final"), found["bent"][:-1], strict=False):
        if bent is not None:
            value = float(curvatures(bent["hessian"], floating=floating(found))[0][0])
            made.append(at_least(f"lowest curvature at the {place} end point", value, -FLAT, "eV/Å²"))
    return made


def _of_band(band: dict[str, Any], limits: dict[str, float]) -> list[Check]:
    energies, spread = np.array(band["energies"]), np.array(band["spread"])
    top = band["saddle"]
    curve = np.array(band["curve"]["energies"]) + 2 * np.array(band["curve"]["spread"])
    lowest = float(energies[1:-1].min() - min(energies[0], energies[-1]))
    forward, backward, _ = profile(band)
    made = [
        at_least("band converged", float(band["converged"]), 1.0),
        at_least("lowest image above the end points", lowest, -BELOW, "eV"),
        at_least("saddle above both end points", min(forward, backward), 0.0, "eV"),
        at_most("force on the band", band["band_force"], limits["band_force"], "eV/Å"),
        at_most("jump of the energy that forces do not explain", band["rough"], ROUGH, "eV"),
        at_most(
            "path between the images above the saddle",
            float(curve.max() - energies[top]),
            max(limits["certainty"], SAME),
            "eV",
        ),
    ]
    if (flip := _flip(band)) is not None:
        made.append(at_most("change of an atom's magnetic moment along the path", flip, FLIP, "µB"))
    if spread.any():
        made.append(at_most("standard deviation of the path's energies", float(spread.max()), SURE, "eV"))
    return made


def _flip(band: dict[str, Any]) -> float | None:
    """Give the largest change of an atom's moment between the computed images; None where there are no moments."""
    moments = [each for each in band.get("moments", []) if each is not None]
    return float(np.abs(np.diff(moments, axis=0)).max()) if len(moments) > 1 else None


def _of_saddle(found: dict[str, Any], limits: dict[str, float]) -> list[Check]:
    band, bent = found["crossing"]["band"], found["bent"][-1]
    force = band["forces"][band["saddle"]]
    made = [at_least("computed places that are the highest of the path", float(force is not None), 1.0)]
    if force is not None:
        made = [at_most("force on the climbing image", force, limits["band_force"], "eV/Å")]
    if bent is not None:
        values, along = _way_down(found)
        every = [each for each in found["bent"] if each is not None]
        made.append(at_most("asymmetry of the curvatures", max(each["asymmetry"] for each in every), NOISE, "eV/Å²"))
        if floating(found):
            worst = max(drift(each["hessian"]) for each in every)
            made.append(at_most("curvature of all atoms moved together", worst, HELD, "eV/Å²"))
        made += [
            at_most("lowest curvature at the saddle", float(values[0]), -FLAT, "eV/Å²"),
            at_least("second lowest curvature at the saddle", float(values[1]), -FLAT, "eV/Å²"),
            at_least("part of the way down that points along the path", along, ALONG),
        ]
    return made


def _way_down(found: dict[str, Any]) -> tuple[np.ndarray, float]:
    """Give the saddle's curvatures, and how far the lowest one's direction runs along the path."""
    tangent, bent = np.array(found["crossing"]["band"]["tangent"]), found["bent"][-1]
    if "row" in bent:
        values, vectors = widened(bent, tangent)
        return values, overlap(vectors[0], tangent, range(len(tangent)))
    values, vectors = curvatures(bent["hessian"], floating=floating(found))
    return values, overlap(vectors[0], tangent, bent["atoms"])


def floating(found: dict[str, Any]) -> bool:
    """Say whether the curvatures are of all atoms, none of them frozen: then three directions are no vibrations."""
    count = len(found["crossing"]["band"]["tangent"])
    return any(bent is not None and len(bent["atoms"]) == count for bent in found["bent"])


def _of_hop(found: dict[str, Any]) -> list[Check]:
    band, hop = found["crossing"]["band"], found["hop"]
    initial, final = decode(band["images"][0]), decode(band["images"][-1])
    # The path's own images tell which way was gone, where an atom moves by half a cell.
    moved = np.linalg.norm(final.positions - initial.positions, axis=1)
    still = np.delete(moved, hop["moving"])
    steps = [moved[index] for index in hop["moving"]]
    whole = hop["distance"] if len(steps) == 1 else min(hop["distance"], 2 * min(steps))
    made = [at_most("farthest move of another atom", float(still.max(initial=0.0)), hop["distance"] / 2, "Å")]
    if found["crossing"]["lower"]:  # from a deeper site on the way only a part is left
        return made
    return [
        at_least("part of the hop that the ion travels", float(max(steps) / whole), TRAVEL),
        at_most("distance of the ion from where it was put", _strayed(hop, initial, final), hop["distance"] / 2, "Å"),
        *made,
    ]


def _strayed(hop: dict[str, Any], initial: Atoms, final: Atoms) -> float:
    """Give how far what hops has relaxed from where it was put, at either end; across a vacuum it may find its height."""
    from ase.geometry import find_mic

    steps = np.array([each.positions[hop["moving"]] for each in (initial, final)]) - hop["built"]
    return float(find_mic(steps.reshape(-1, 3) * initial.pbc, initial.cell, initial.pbc)[1].max())


def summarise(found: dict[str, Any], limits: dict[str, float]) -> tuple[dict[str, Quantity], Status, str | None]:
    """Turn a band into a barrier, or say why it is none.

    Returns
    -------
    tuple
        Quantities (values are None where the band is no barrier), status and reason.
    """
    made = checks(found, limits)
    broken = [check for check in made if not check.passed]
    forward, backward, difference = profile(found["crossing"]["band"])
    shifts = {shift["name"]: shift["shift"] for shift in found["shifts"] if shift is not None}
    reason = None
    if broken:
        reason = "; ".join(
            f"{check.name}: {check.value:.3g} {check.unit} (limit {check.limit:.3g})" for check in broken
        )

    def quantity(
        value: float, says: str, answers: str | None = None, unit: str = "eV", own: float | None = None
    ) -> Quantity:
        return Quantity(value=None if broken else value, unit=unit, error=own, says=says, answers=answers, checks=made)

    ends = (
        ("deeper site on the way", "end point")
        if found["crossing"]["lower"]
        else ("initial end point", "final end point")
    )
    quantities = {
        "barrier": quantity(
            forward, f"climbing image above the {ends[0]}", "diffusion barrier", own=None if broken else error(shifts)
        ),
        "barrier back": quantity(backward, f"climbing image above the {ends[1]}"),
        "end points' difference": quantity(difference, "final less initial end point"),
    }
    if (factor := attempt(found)) is not None and not broken:
        whose = (
            "all free atoms of the cell" if found["bent"][-1]["task"] == "hessian" else "the ion and its shell alone"
        )
        quantities["attempt frequency"] = quantity(
            factor / 1e12, f"Vineyard's prefactor, from the curvatures of {whose}", unit="THz"
        )
        quantities["hop rate"] = quantity(
            rate(factor, forward, ROOM),
            f"of one such hop at {ROOM:g} K, harmonic transition state theory",
            unit="1/s",
        )
    quantities |= told("barrier", "eV", shifts, "end point and saddle")
    return quantities, "no barrier" if broken else "done", reason


def attempt(found: dict[str, Any], place: int = 0) -> float | None:
    """Give Vineyard's prefactor in Hz, forwards (0) or backwards (1); None where the curvatures allow none."""
    try:
        return prefactor(found, place)
    except BadInput:
        return None


def prefactor(found: dict[str, Any], place: int) -> float:
    """Give Vineyard's prefactor in Hz, forwards (0) or backwards (1).

    Raises
    ------
    BadInput
        If the curvatures allow none; the sentence says why.
    """
    minima, saddle = [bent for bent in found["bent"][:-1] if bent is not None], found["bent"][-1]
    if not minima or saddle is None:
        raise BadInput("no prefactor: there are no curvatures")
    minimum = minima[min(place, len(minima) - 1)]  # end points that symmetry relates have the same curvatures
    return vineyard(minimum["hessian"], saddle["hessian"], minimum["masses"], floating=floating(found))
