"""Heights of superlattices."""

from __future__ import annotations

from typing import Any

from potash.analysis.bulk import FIT
from potash.analysis.result import Quantity, at_most
from potash.structures.encoding import decode


def heights(told: dict[str, Any], references: list[dict[str, Any]], made: dict[str, Any]) -> dict[str, Quantity]:
    """Give a superlattice's height, and by how much each interface is thicker than the strained crystals are.

    Parameters
    ----------
    told
        How it was built: ``periodic`` (nothing else has a height), and the ``repeats`` of its ``stack``.
    references
        Both sides' strained bulks, in the order film, substrate; a layer has no height of its own.
    made
        What is relaxed, its height as well.
    """
    if not told["periodic"]:
        return {}
    high = float(decode(made["atoms"]).cell.array[2, 2])
    left = 1000 * made["residual"]
    check = at_most("residual of the fit over heights", left, FIT, "meV/atom")
    height = Quantity(value=high, unit="Å", says="of the superlattice, where its energy is lowest", checks=(check,))
    own = [decode(each["atoms"]) for each in references]
    if not all(each.pbc[2] for each in own):
        return {"height": height}
    bulk = sum(n * each.cell.array[2, 2] for n, each in zip(told["stack"]["repeats"], own, strict=True))
    excess = Quantity(
        value=(high - float(bulk)) / 2,
        unit="Å",
        says="of each interface: the superlattice's height less those of both crystals, strained alike and free along z",
        checks=(check,),
    )
    return {"height": height, "excess height": excess}
