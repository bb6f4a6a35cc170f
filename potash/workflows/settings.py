"""What a campaign may set of an engine: known keys, values of the right sort and size."""

from __future__ import annotations

from math import isfinite
from typing import Any

from potash.calcs import continuum, dispersion, magnetism
from potash.calcs.engine import known_settings
from potash.errors import BadInput, near, shown

#: Least and largest value of settings beyond which an input is a slip, in their own units; of others see `LARGEST`.
RANGES = {
    "spacing": (0.01, 100.0),
    "grid": (0.02, 2.0),
    "vacuum": (0.0, 200.0),
    "cycles": (1.0, 10_000.0),
    "timestep": (0.01, 5.0),
}
LARGEST = 100_000.0


def check(engine: str, key: str, value: Any) -> None:
    """Refuse a setting that the engine does not have, or whose value it could not take.

    Raises
    ------
    BadInput
        Saying what would be right.
    """
    known = known_settings(engine)
    if key not in known:
        raise BadInput(f"unknown setting '{key}' of the engine {engine}{near(key, known)}")
    if key == "charge":
        raise BadInput("charge is no setting: a barrier study has the key charge of its own, molecules bring theirs")
    if key == "ghosts":
        raise BadInput("ghosts is no setting: a study of shells has the key counterpoise")
    if key in ("spin", "hubbard"):
        magnetism.known(key, value)
        return
    if key == "solvent":
        continuum.dielectric(value)
        return
    usual = known[key]
    if usual is None:
        _open(key, value)
    elif isinstance(usual, bool | str | dict):
        _sort(key, value, usual)
    else:
        _number(key, value, f"a number, as {usual:g}")
    if key == "dispersion":
        dispersion.known(value)


def _open(key: str, value: Any) -> None:
    """Check a setting that protocols leave open."""
    if value is None:
        return
    if key != "pseudopotentials":
        _number(key, value, "a number")
    elif not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 1000:
        raise BadInput(f"the setting '{key}' must be the path of a folder, not {shown(str(value), 60)}")


def _number(key: str, value: Any, words: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        raise BadInput(f"the setting '{key}' must be {words}, not {shown(str(value), 60)}")
    if value < 0 or (value == 0 and key != "smearing"):
        raise BadInput(f"the setting '{key}' must be greater than 0, not {value:g}")
    least, largest = RANGES.get(key, (0.0, LARGEST))
    if not least <= value <= largest:
        raise BadInput(f"the setting '{key}' must be between {least:g} and {largest:g}, not {value:g}")


def _sort(key: str, value: Any, usual: bool | str | dict[str, Any]) -> None:
    for sort, words in ((bool, "true or false"), (str, "a text"), (dict, "a mapping")):
        if isinstance(usual, sort) and not isinstance(value, sort):
            raise BadInput(f"the setting '{key}' must be {words}, as {usual}, not {shown(str(value), 60)}")
    # Engines look texts up as names of files too.
    if isinstance(value, str) and (not value.isprintable() or len(value) > 100 or "/" in value):
        raise BadInput(f"the setting '{key}' must be a short name without slashes, as {usual}, not {shown(value, 60)}")
    if isinstance(value, dict):
        for name, part in value.items():
            if not isinstance(name, str) or not _plain(part):
                told = shown(f"{name}: {part}", 60)
                raise BadInput(f"the setting '{key}' holds numbers and short names by name, not {told}")


def _plain(value: Any) -> bool:
    if isinstance(value, str):
        return value.isprintable() and len(value) <= 100 and "/" not in value
    return isinstance(value, bool) or (isinstance(value, int | float) and isfinite(value))
