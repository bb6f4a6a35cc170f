"""Structure around a cation in a liquid: shells, what anions do, aggregates, how long molecules stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from potash.analysis.blocks import BLOCKS, WORDS, drift, interval
from potash.analysis.pair_distribution import Group, groups
from potash.analysis.record import STEP, Record
from potash.analysis.representatives import ranked, representatives
from potash.analysis.residence import AWAY
from potash.analysis.result import Quantity
from potash.analysis.speciation import STATES, Tally, count
from potash.analysis.trajectory import Trajectory
from potash.stationary import trend
from potash.structures.clusters import Cluster

#: What an anion's state means, in the words of the quantities.
MEANING = {
    "free": "share of anions that touch no cation, nor share a solvent molecule with one",
    "SSIP": "solvent-shared ion pair: share of anions that touch no cation but have one in their second shell",
    "CIP": "contact ion pair: share of anions that touch one cation",
    "AGG": "aggregate: share of anions that touch two or more cations",
}


@dataclass
class Told:
    """A part of a `liquid_reading.Reading`."""

    quantities: dict[str, Quantity] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    clusters: tuple[Cluster, ...] = ()


def summarise(record: Record, frames: Trajectory, cutoffs: dict[str, float], samples: int = 1) -> Told:
    """Read the structure around the cation.

    Parameters
    ----------
    record
        What was kept of the frames, with ``sites``.
    frames
        The frames again: some shells are cut out of them.
    cutoffs
        Given radii of first shells in Å, by label.
    samples
        How many shells of each kind are cut out.
    """
    assert record.sites is not None
    found = groups(record, cutoffs)
    told = Told(data={"rdf": _distributions(record, found)}, notes=_cutoff_notes(record, found))
    if len(record.times) < BLOCKS or not any(group.holds for group in found):
        told.notes.append(
            "No shells are read: "
            + ("nothing holds the cation." if len(record.times) >= BLOCKS else f"it needs {BLOCKS} frames.")
        )
        return told
    tally = count(record, found)
    told.quantities |= _numbers(record, found, tally)
    told.quantities |= _states(record, found, tally, told)
    told.quantities |= _aggregates(tally)
    told.quantities |= _stays(record, tally, told)
    kinds = ranked(record, tally)
    told.data["shells"] = [{"label": kind.label, "population": kind.population, "error": kind.error} for kind in kinds]
    told.clusters = representatives(record, frames, found, tally, kinds, samples)
    return told


def _distributions(record: Record, found: list[Group]) -> dict[str, Any]:
    """Give g(r) and the running coordination numbers of the groups, for the figure."""
    shells = 4 / 3 * np.pi * np.diff(record.edges**3)
    running = np.cumsum(record.g * shells * record.densities[:, None], axis=1)
    return {
        "radii": (record.edges[:-1] + STEP / 2).round(4).tolist(),
        "groups": {
            group.label: {
                "g": np.round(g, 4).tolist(),
                "running": np.round(n, 4).tolist(),
                "cutoff": group.cutoff,
                "peak": group.shells.peak,
                "holds": group.holds,
            }
            for group, g, n in zip(found, record.g, running, strict=True)
        },
    }


def _cutoff_notes(record: Record, found: list[Group]) -> list[str]:
    """Say where shells end, and what has none."""
    assert record.sites is not None
    name = record.topology.species[record.sites.cation].name
    ends = [
        f"{group.label} {group.cutoff:.2f} Å{' (given)' if group.given else ''}"
        for group in found
        if group.holds and group.cutoff is not None
    ]
    notes = (
        [f"First shells of {name} end at the first minimum of the smoothed g(r): {', '.join(ends)}."] if ends else []
    )
    lost = [group.label for group in found if group.shells.peak is not None and group.cutoff is None]
    if lost:
        notes.append(f"g(r) has no minimum behind its first peak, and so no shell, for {', '.join(lost)}.")
    return notes


def _numbers(record: Record, found: list[Group], tally: Tally) -> dict[str, Quantity]:
    """Give coordination numbers, by atom and by molecule."""
    assert record.sites is not None
    many = len(record.sites.cations) * tally.frames
    atoms = tally.atoms / many[:, None]
    name = record.topology.species[record.sites.cation].name
    held = [k for k, group in enumerate(found) if group.holds]
    total = atoms[:, held].sum(axis=1)
    quantities = {"coordination number": _mean(tally, total, "", f"atoms that hold {name} in its first shell")}
    for k in held:
        words = f"{found[k].label.split('.')[1]} atoms of {found[k].label.split('.')[0]} within {found[k].cutoff:.2f} Å"
        quantities[f"coordination number, {found[k].label}"] = _mean(tally, atoms[:, k], "", words)
    for number in sorted({record.topology.kinds[one] for one in record.sites.molecules}):
        each = record.topology.species[number].name
        if tally.molecules[:, number].any():
            quantities[f"{each} in the shell"] = _mean(
                tally, tally.molecules[:, number] / many, "", f"molecules of {each} that touch a {name}"
            )
    return quantities


def _mean(tally: Tally, blocks: np.ndarray, unit: str, says: str) -> Quantity:
    """Give a mean of blocks, which may differ by a frame in length, with its error; refuse one that drifts from block to block."""
    found = trend(blocks, BLOCKS)
    assert found is not None
    return Quantity(
        value=float(np.average(blocks, weights=tally.frames)),
        unit=unit,
        error=float(interval(blocks)),
        says=f"{says}; {WORDS}",
        checks=(drift(found),),
    )


def _states(record: Record, found: list[Group], tally: Tally, told: Told) -> dict[str, Quantity]:
    """Give the shares of free anions, solvent-shared and contact ion pairs, and aggregates."""
    quantities, data = {}, {}
    for number, states in tally.states.items():
        name = record.topology.species[number].name
        shares = 100 * states / states.sum(axis=1, keepdims=True)
        second = any(g.label.startswith(f"{name}.") and g.holds and g.second is not None for g in found)
        own = [state for state in STATES if second or state != "SSIP"]
        for state in own:
            words = MEANING[state] if second or state != "free" else "share of anions that touch no cation"
            quantities[f"{state} {name}"] = _mean(tally, shares[:, STATES.index(state)], "%", words)
        none = shares[:, STATES.index("free")] + shares[:, STATES.index("SSIP")]
        quantities[f"uncoordinated {name}"] = _mean(
            tally, none, "%", "free and SSIP together: share of anions that touch no cation, as Raman spectra see it"
        ).model_copy(update={"answers": "solvation structure"})
        data[name] = {
            state: [quantities[f"{state} {name}"].value, quantities[f"{state} {name}"].error] for state in own
        }
        if not second:
            told.notes.append(
                f"The second shell of {name} has no end that g(r) shows: free {name} and solvent-shared ion pairs are counted together as free."
            )
    if data:
        told.data["states"] = data
        told.notes.append(
            "An anion touches a cation that is within the first minimum of g(r) of one of its atoms. Free: none, and none in the "
            "second shell; SSIP: none, but one within the second minimum of the g(r) of whole anions, each at its nearest atom; CIP: one; AGG: two or more."
        )
    return quantities


def _aggregates(tally: Tally) -> dict[str, Quantity]:
    """Give how many ions are tied to others, and how large aggregates are."""
    if not tally.states:
        return {}
    ions = np.arange(tally.sizes.shape[1])
    total = tally.sizes.sum(axis=1)
    tied = 100 * tally.sizes[:, 3:].sum(axis=1) / total
    number = (tally.sizes[:, 1:] / ions[1:]).sum(axis=1)
    return {
        "ions in aggregates": _mean(tally, tied, "%", "share of ions that contacts tie to at least two others"),
        "ions per aggregate": _mean(
            tally, total / number, "", "mean over all aggregates, lone ions and pairs among them"
        ),
        "largest aggregate": Quantity(
            value=float(ions[tally.sizes.any(axis=0)].max()), unit="ions", says="that was seen in any frame"
        ),
    }


def _stays(record: Record, tally: Tally, told: Told) -> dict[str, Quantity]:
    """Give residence times."""
    quantities, data = {}, {}
    residence = tally.residence
    for number in sorted(set(record.topology.kinds.tolist())):
        name = record.topology.species[number].name
        if not tally.molecules[:, number].any():
            continue
        survival = residence.survival(number)
        whole = residence.time(survival[-1])
        parts = [residence.time(each) for each in survival[:-1]]
        known = np.array([each for each in parts if each is not None])
        says = f"after it, one in e of {name} is still in the shell it was in; away for {AWAY:g} ps at most counts as there"
        error = None
        if whole is None:
            says = f"longer than {record.interval * (survival.shape[1] - 1):.3g} ps, half the run: {says}"
        elif len(known) == residence.parts > 1:
            error = float(interval(known))
            says = f"{says}; error: half the 95 % interval, from {residence.parts} parts of the cations"
        quantities[f"residence time of {name}"] = Quantity(value=whole, unit="ps", error=error, says=says)
        thin = max(1, survival.shape[1] // 200)
        data[name] = {
            "times": (record.interval * np.arange(survival.shape[1])[::thin]).tolist(),
            "survival": np.nan_to_num(survival[-1][::thin]).round(5).tolist(),
        }
    told.data["residence"] = data
    return quantities
