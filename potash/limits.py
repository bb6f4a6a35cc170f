"""How much potash reads and builds at most, so that one file cannot fill a machine; the environment raises a limit."""

from __future__ import annotations

import os
from dataclasses import dataclass

from potash.errors import BadInput


@dataclass(frozen=True)
class Limit:
    """A bound.

    Attributes
    ----------
    variable
        What raises it: a variable of the environment, which no campaign file can set.
    usual
        Its value where the variable says nothing.
    unit
        Of what, in words.
    says
        What is bounded.
    """

    variable: str
    usual: int
    unit: str
    says: str


LIMITS = {
    "campaign": Limit("POTASH_MAX_CAMPAIGN", 16, "MiB", "a campaign file"),
    "values": Limit("POTASH_MAX_VALUES", 2_000_000, "values", "a campaign file, aliases written out"),
    "studies": Limit("POTASH_MAX_STUDIES", 100_000, "studies", "a campaign, lists fanned out"),
    "structure": Limit("POTASH_MAX_STRUCTURE", 8, "MiB", "a structure file or a pseudopotential"),
    "atoms": Limit("POTASH_MAX_ATOMS", 10_000, "atoms", "one structure, read or built"),
    "kpoints": Limit("POTASH_MAX_KPOINTS", 10_000, "k-points", "one calculation"),
}


def limit(name: str) -> int:
    """Give a limit, in its unit.

    Raises
    ------
    BadInput
        If its variable holds no whole number greater than 0.
    """
    bound = LIMITS[name]
    given = os.environ.get(bound.variable, "")
    if not given:
        return bound.usual
    if not (given.isascii() and given.isdigit() and len(given) < 16 and int(given)):
        raise BadInput(f"{bound.variable} must be a whole number greater than 0, not {given}")
    return int(given)


def keep(name: str, count: float, what: str) -> None:
    """Refuse what is above a limit.

    Parameters
    ----------
    name
        One of `LIMITS`.
    count
        How much there is, in the limit's unit.
    what
        What has so much, in words that begin a sentence.
    """
    most = limit(name)
    if count > most:
        unit, variable = LIMITS[name].unit, LIMITS[name].variable
        many = f"{count:.0f}" if count < 1e12 else "endlessly many"
        raise BadInput(f"{what} has {many} {unit}; at most {most} are taken ({variable} raises that)")
