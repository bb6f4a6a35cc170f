"""What it takes to strip a shell: of its solvent, of its last molecule, of its anion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from potash.analysis.result import Check, Quantity


def partings(
    recipe: dict[str, Any], energies: dict[str, float], checks: dict[str, tuple[Check, ...]], free: str = ""
) -> Iterator[tuple[str, Quantity]]:
    """Give energies of desolvation and dissociation; each is positive where the shell is bound.

    Parameters
    ----------
    recipe
        ``ion``, ``anion``, ``anions``, ``series`` and ``names`` as for `shells.summarise`; ``stripped``: of each shell the name of
        its ion with the solvent alone, or nothing; ``around``: what surrounds all of it, in words.
    energies
        In eV, by name: of shells, stripped ones, ion, molecules and anion.
    checks
        By the same names.
    free
        ``"free "`` where the energies are free energies.

    Yields
    ------
    tuple of str and Quantity
        ``desolvation energy`` of the largest shell, where the energy of it without solvent is known: in total and for the
        last molecule; ``dissociation energy`` of each shell into its solvated ion and free anions. In eV.
    """
    series, names, around = recipe["series"], recipe["names"], recipe["around"]
    bare = _bare(recipe)
    if bare in energies and any(series[-1].values()):
        apart = {bare: 1, **_solvent(series[-1])}
        yield _parting(f"desolvation {free}energy", names[-1], apart, energies, checks, around)
    last = _without_last(series, names)
    if last is not None:
        yield _parting(f"desolvation {free}energy of the last molecule", names[-1], last, energies, checks, around)
    for name, stripped in zip(names, recipe["stripped"], strict=False):
        parts = {stripped: 1, recipe["anion"]: recipe["anions"]}
        yield _parting(f"dissociation {free}energy {name}", name, parts, energies, checks, around)


def _parting(
    what: str,
    whole: str,
    parts: dict[str, int],
    energies: dict[str, float],
    checks: dict[str, tuple[Check, ...]],
    around: str,
) -> tuple[str, Quantity]:
    words = " + ".join(f"{count} {name}" if count > 1 else name for name, count in parts.items())
    value = sum(count * energies[name] for name, count in parts.items()) - energies[whole]
    tested = tuple(check for name in (whole, *parts) for check in checks[name])
    return what, Quantity(
        value=value, unit="eV", says=f"of {whole} into {words}, each at its lowest; {around}", checks=tested
    )


def _bare(recipe: dict[str, Any]) -> str:
    """Name the shell without solvent: the ion, or the ion pair where that was computed."""
    if recipe["anion"] is None:
        return str(recipe["ion"])
    return "" if any(recipe["series"][0].values()) else str(recipe["names"][0])


def _solvent(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def _without_last(series: list[dict[str, int]], names: list[str]) -> dict[str, int] | None:
    """Name what is left of the largest shell without its last molecule, and that molecule."""
    if len(series) < 2:
        return None
    lost = {name: count - series[-2].get(name, 0) for name, count in series[-1].items()}
    return {names[-2]: 1, **_solvent(lost)} if sum(lost.values()) == 1 else None
