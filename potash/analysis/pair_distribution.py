"""Peaks and minima of pair distributions, and what they say of shells."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from potash.analysis.record import NEAR, STEP, Record

#: g(r) is smoothed by a Gaussian so wide before its extrema are looked for, in Å.
WIDTH = 0.1
#: A peak stands out by so much of the highest one, and a minimum lies so deep beneath its peak.
PROMINENCE = 0.05
#: A minimum that is flat ends after so much, in Å: the next shell may be far.
FLAT = 1.0
#: And it is higher than an ideal gas's g(r) by so many of its standard deviations.
CHANCE = 5.0
#: Peaks nearer than this are none, in Å: no two atoms of a liquid are, but for hydrogen's.
NEAREST = 1.2
#: An element holds the cation where its first peak is within this many times the sum of their covalent radii: farther
#: away, it is there because its neighbour in the molecule holds the cation.
HOLDS = 1.25


@dataclass(frozen=True)
class Shells:
    """The first shells of a pair distribution.

    Attributes
    ----------
    peak
        Where the first peak is, in Å; None where there is none.
    first, second
        Where the first and the second shell end, in Å: minima of g(r); None where there is none.
    """

    peak: float | None
    first: float | None
    second: float | None


def shells(radii: np.ndarray, g: np.ndarray, ideal: np.ndarray) -> Shells:
    """Find the first shells in a pair distribution: each ends at the minimum behind its peak.

    Parameters
    ----------
    radii
        Middles of the bins, (bins,) in Å.
    g
        (bins,).
    ideal
        How many pairs an ideal gas would have had in each bin, (bins,): peaks that chance could have made are none.

    Returns
    -------
    Shells
        Of the smoothed distribution. Where g(r) is lowest over a range, as zero in a crystal, the middle of it,
        or of the first `FLAT` of it.
    """
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    # Beyond the last bin nothing is known: a peak there would be none.
    width = WIDTH / (radii[1] - radii[0])
    smooth = gaussian_filter1d(g, width, mode="nearest")
    # The standard deviation of an ideal gas, smoothed alike.
    noise = 1 / np.sqrt(2 * np.sqrt(np.pi) * width * np.maximum(ideal, 1e-9))
    peaks = find_peaks(smooth, height=1 + CHANCE * noise, prominence=PROMINENCE * max(float(smooth.max()), 1e-9))[0]
    peaks = peaks[radii[peaks] > NEAREST]
    bounds = [*peaks.tolist(), len(radii)]
    ends = [_lowest(radii, smooth, *pair) for pair in pairwise(bounds)]
    return Shells(
        peak=float(radii[peaks[0]]) if len(peaks) else None,
        first=ends[0] if ends else None,
        second=ends[1] if len(ends) > 1 else None,
    )


def _lowest(radii: np.ndarray, smooth: np.ndarray, peak: int, other: int) -> float | None:
    """Give the minimum between a peak and the next, or the end; None where g(r) falls to its end."""
    between = smooth[peak:other]
    lowest = float(between.min())
    if smooth[peak] - lowest < PROMINENCE * smooth[peak] or (
        other == len(radii) and between.argmin() >= len(between) - 2
    ):
        return None
    start = int(between.argmin())
    flat = between <= lowest + 1e-3 * float(smooth[peak])
    stop = start + int(np.argmin(flat[start:])) if not flat[start:].all() else len(between)
    stop = min(stop, start + max(1, round(FLAT / (radii[1] - radii[0]))))
    return float(radii[peak + start : peak + stop].mean())


@dataclass(frozen=True)
class Group:
    """The atoms of one element in one species, around the cation.

    Attributes
    ----------
    label
        ``DME.O``.
    shells
        As g(r) tells them.
    cutoff
        Up to where an atom is in the first shell, in Å: given, or the first minimum; None where there is none.
    holds
        Whether the cation is held by these atoms.
    given
        Whether the cutoff was given.
    second
        Of an anion's atoms, where the second shell of whole anions ends, in Å, each at its nearest atom: the second peak of
        single atoms may be made by those of an anion that touches the cation with another one.
    """

    label: str
    shells: Shells
    cutoff: float | None
    holds: bool
    given: bool
    second: float | None


def groups(record: Record, given: dict[str, float]) -> list[Group]:
    """Find the first shells of all groups.

    Parameters
    ----------
    record
        With ``sites``.
    given
        Cutoffs in Å by label, instead of minima; of a species that has one, no other element holds the cation.
    """
    from ase.data import atomic_numbers, covalent_radii

    assert record.sites is not None
    radii = record.edges[:-1] + STEP / 2
    centre = record.topology.species[record.sites.cation].elements[0]
    found = []
    for k, label in enumerate(record.sites.labels):
        element = label.rsplit(".", 1)[1]
        read = shells(radii, record.g[k], record.ideal[k])
        farthest = HOLDS * float(sum(covalent_radii[atomic_numbers[each]] for each in (centre, element)))
        chosen = label.rsplit(".", 1)[0] in {one.rsplit(".", 1)[0] for one in given}
        near = not chosen and record.sites.donors[k] and read.peak is not None and read.peak <= farthest
        cutoff = given.get(label, read.first)
        holds = bool(label in given or (near and cutoff is not None and cutoff < NEAR))
        second = shells(radii, *record.molecular[k]).second if k in record.molecular else None
        found.append(Group(label, read, cutoff, holds, label in given, second))
    return found
