"""Chemical potentials of a compound's elements, and surface energies between their limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from potash.structures.bonds import ordered


@dataclass(frozen=True)
class Range:
    """What the elements' chemical potentials can be while a compound of two is neither lost nor left behind.

    They add up to the compound's energy; none exceeds that of the element by itself. So each end of the range is the
    compound in equilibrium with one of its elements (G.-X. Qian, R. M. Martin, D. J. Chadi,
    doi:10.1103/PhysRevB.38.7649). Other compounds of the two may narrow it.

    Attributes
    ----------
    ends
        By name, as ``K-rich`` and ``Se-rich``: the chemical potential of each element, in eV per atom.
    formation
        The compound's energy of formation, in eV per atom: below zero, or there is no range.
    width
        How far the second element's potential reaches below that of the element by itself, in eV.
    """

    ends: dict[str, dict[str, float]]
    formation: float
    width: float

    @property
    def second(self) -> str:
        """The electronegative element, which the figure is drawn over."""
        return list(self.ends)[1].removesuffix("-rich")


def range_of(cell: dict[str, Any], elements: dict[str, dict[str, Any]]) -> Range:
    """Find the range from the relaxed cells of a compound of two elements and of these."""
    counts = Counter(cell["atoms"]["symbols"])
    first, second = ordered(counts)
    alone = {symbol: float(found["energy"]) / len(found["atoms"]["symbols"]) for symbol, found in elements.items()}
    whole = float(cell["energy"])
    ends = {}
    for rich, other in ((first, second), (second, first)):
        left = (whole - counts[rich] * alone[rich]) / counts[other]
        ends[f"{rich}-rich"] = {rich: alone[rich], other: left}
    formation = whole - sum(counts[symbol] * alone[symbol] for symbol in counts)
    return Range(ends, formation / sum(counts.values()), -formation / counts[second])


def balanced(missing: dict[str, int], cell: dict[str, Any]) -> bool:
    """Say whether what is missing has the crystal's own composition, so that no chemical potential matters."""
    counts = Counter(cell["atoms"]["symbols"])
    total, lost = sum(counts.values()), sum(missing.values())
    return all(missing.get(symbol, 0) * total == count * lost for symbol, count in counts.items())


def conditions(missing: dict[str, int], cell: dict[str, Any], known: Range | None) -> dict[str, float]:
    """Give, for each condition under which a slab's surface energy is to be told, the energy of what it lacks.

    Returns
    -------
    dict
        In eV; of one entry without a name where no chemical potential matters.
    """
    if known is None or balanced(missing, cell):
        return {"": sum(missing.values()) * float(cell["energy"]) / len(cell["atoms"]["symbols"])}
    return {
        name: sum(count * potentials[symbol] for symbol, count in missing.items())
        for name, potentials in known.ends.items()
    }
