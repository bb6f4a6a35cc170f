"""How many unpaired electrons a molecule has."""

from __future__ import annotations

from potash.errors import BadInput


def multiplicity(formula: str, electrons: int, charge: float, asked: float | None) -> int:
    """Give the multiplicity 2S + 1 of a molecule.

    Parameters
    ----------
    formula, charge
        Of the molecule, for the sentence that refuses.
    electrons
        How many it has, its charge counted.
    asked
        The multiplicity that is asked for; None for the lowest that so many electrons allow.

    Raises
    ------
    BadInput
        If so many electrons do not allow it.
    """
    if asked is None:
        return 1 + electrons % 2
    if asked != int(asked) or (electrons + asked) % 2 == 0 or not 1 <= asked <= electrons + 1:
        raise BadInput(f"{formula} with charge {charge:+g} has {electrons} electrons, no multiplicity of {asked:g}")
    return int(asked)


def contaminated(squared: float, unpaired: int) -> float:
    """Subtract S(S + 1) of so many unpaired electrons from ⟨S²⟩."""
    return squared - unpaired / 2 * (unpaired / 2 + 1)
