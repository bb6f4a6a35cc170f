"""Numbers as they are printed: digits by unit, units with their exponents."""

from __future__ import annotations

import math
import re

#: Decimals by unit.
DECIMALS = {
    "eV": 3, "eV/atom": 3, "meV/atom": 1, "meV": 1, "Å": 3, "Å3": 2, "Å3/atom": 2, "GPa": 1, "e": 2,
    "%": 1, "mAh/cm3": 0, "J/m2": 3, "eV/Å": 3, "V": 2, "g/cm3": 3, "K": 0, "THz": 2, "µB": 2, "ions": 0,
}  # fmt: skip
#: Units whose values spread over many powers of ten: three digits, whatever the power.
_WIDE = frozenset({"cm²/s", "1/s"})
_EXPONENTS = str.maketrans({"2": "²", "3": "³"})


def decimals(value: float, unit: str) -> int:
    """Say how many decimals a value in this unit is printed with."""
    if unit == "mAh/g":
        return 0 if abs(value) >= 100 else 1
    if unit in DECIMALS:
        return DECIMALS[unit]
    if unit in _WIDE:
        return max(0, 2 - (math.floor(math.log10(abs(value))) if value else 0))
    return max(0, 3 - (math.floor(math.log10(abs(value))) if value else 0))


def number(value: float | None, unit: str = "") -> str:
    """Print a value with the digits that its unit deserves; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if not unit and value == round(value) and abs(value) < 1e6:  # a count
        return fixed(value, 0)
    if unit in _WIDE and not 0.1 <= abs(value) < 1e4:
        return minus(f"{value:.2e}") if value else "0"
    if unit not in DECIMALS and unit != "mAh/g" and value and not 1e-3 <= abs(value) < 1e6:
        return minus(f"{value:.2e}")
    return fixed(value, decimals(value, unit))


def fixed(value: float, places: int) -> str:
    """Print a value with so many decimals, a real minus sign, and no minus before zero."""
    text = f"{value:.{places}f}"
    return text.lstrip("-") if float(text) == 0 else minus(text)


def signed(value: float, places: int = 1) -> str:
    """Print a value with its sign."""
    text = fixed(value, places)
    return text if text.startswith("−") or float(text) == 0 else f"+{text}"


def short(value: float | None) -> str:
    """Print a value with three digits, as checks and published values need them."""
    if value is None or not math.isfinite(value):
        return "–"
    if abs(value) < 1e-9:
        return "0"
    if value == round(value) and abs(value) < 1e5:
        return minus(f"{value:.0f}")
    if 1e-3 <= abs(value) < 1e5:
        return minus(f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}")
    return minus(f"{value:.1e}")


def exact(value: float | tuple[float, float] | None) -> str:
    """Print a published value as it is."""
    if value is None:
        return "–"
    both = value if isinstance(value, tuple) else (value,)
    return " to ".join(minus(f"{one:,.6g}".replace(",", "\u202f" if abs(one) >= 10000 else "")) for one in both)


def unit(name: str | None) -> str:
    """Print a unit: ``Å3/atom`` as Å³/atom."""
    return (name or "").translate(_EXPONENTS)


def minus(text: str) -> str:
    """Put the real minus sign in."""
    return text.replace("-", "−")


def prose(sentence: str) -> str:
    """Set a sentence's numbers and units as the tables do; hyphens in names stay."""
    sentence = re.sub(r"(?<![\w.])-(?=[\d.])", "−", sentence)
    return re.sub(r"\b(Å|cm|m)([23])\b", lambda found: found[1] + unit(found[2]), sentence)


def duration(seconds: float) -> str:
    """Print core-seconds as a person reads them."""
    if seconds < 120:
        return f"{seconds:.0f} core-s" if seconds >= 10 else f"{seconds:.1f} core-s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} core-min"
    return f"{seconds / 3600:.1f} core-h"
