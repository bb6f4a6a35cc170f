"""Errors that are sentences for a person at a terminal."""

from __future__ import annotations

import re
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


#: The longest sentence that is shown, in letters.
LONGEST = 1000


def shown(text: str, most: int = LONGEST) -> str:
    """Make a text fit to be shown in one line of a terminal: no codes that move its cursor, no end of what was meant.

    Parameters
    ----------
    text
        As it came: names, file names and other programs' words may hold anything.
    most
        Longer ones are cut, in letters.
    """
    cut = text if len(text) <= most else f"{text[:most]}…"
    return printable(" ".join(cut.split()))


def printable(text: str) -> str:
    """Write letters that would move a terminal's cursor or colour it as what they are: ESC as x1b behind a backslash."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


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
    word = word[:100]
    folded = {name.casefold(): name for name in names}
    given = word.strip().casefold()
    # Who names a family, K3Sb say, means one of its members rather than a name that looks alike.
    begun = [name for name in names if given and name.casefold().startswith(given)]
    alike = [folded[match] for match in get_close_matches(given, folded, n=3, cutoff=0.5)]
    close = list(dict.fromkeys([*begun, *alike]))[:3] if len(begun) < 2 else begun[:3]
    if close:
        return f" (did you mean {' or '.join(close)}?)"
    return f" (known: {', '.join(names)})" if names else ""


def fault_of(sentence: str | None) -> str | None:
    """Give the number of the fault that a sentence names, F014 say.

    Parameters
    ----------
    sentence
        What a user reads; the faults are `calcs.faults`' table.
    """
    found = re.search(r"\b(F\d{3})[:,] ", sentence or "")
    return found[1] if found else None
