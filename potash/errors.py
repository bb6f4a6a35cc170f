"""Errors that are sentences for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class BadInput(Exception):
    """What was asked for cannot be done as written.

    Takes one sentence: what was wrong, where, and what would be right.
    """


class CalculationFailed(Exception):
    """A calculation ended without a result.

    Takes one sentence: which calculation, why, and what to do.
    """


def near(word: str, known: Iterable[str]) -> str:
    """Say which of the known words may have been meant.

    Parameters
    ----------
    word
        What was written.
    known
        The words that would have been right.

    Returns
    -------
    str
        `` (did you mean A or B?)``, or the known words where none is near.
    """
    names = sorted(known)
    folded = {name.casefold(): name for name in names}
    close = [folded[match] for match in get_close_matches(word.casefold(), folded, n=3, cutoff=0.5)]
    if close:
        return f" (did you mean {' or '.join(close)}?)"
    return f" (known: {', '.join(names)})" if names else ""
