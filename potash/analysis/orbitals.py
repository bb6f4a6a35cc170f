"""Levels of molecules beside one another, and the energies of taking and giving an electron."""

from __future__ import annotations

from typing import Any

from potash.analysis import redox
from potash.analysis.ordering import Ranked, doubted
from potash.analysis.published import Verdict
from potash.analysis.result import Check, Comparison, Quantity, at_most

#: How much the potential may vary over the box's faces, in eV.
SPREAD = 0.05
#: How far ⟨S²⟩ may lie from that of a pure state: a doublet's is 0.75.
CONTAMINATION = 0.1

WARNING = (
    "Kohn–Sham levels. The sign of a LUMO difference is robust, its size is not: it depends on the functional and on "
    "diffuse functions (hybrids with diffuse functions give a much smaller one than PBE in a small basis). "
    "A LUMO is no reduction potential (doi:10.1039/C8EE01286E); where it lies above zero, and the electron affinity below, "
    "the electron is not bound, and both belong to the basis more than to the molecule."
)

LCAO = (
    "LCAO's double-ζ basis has no diffuse functions: it puts occupied levels up to 0.8 eV too high, empty ones by electronvolts "
    "(benchmarks/levels.txt). The protocols standard and strict take levels from a grid; LCAO tells no ⟨S²⟩."
)
#: Levels whose errors were not estimated have no order where they are nearer, in eV: the tolerance of their differences.
OPEN = 0.1
#: A level above this is bound to nothing, in eV against the vacuum: the lowest state of an empty box lies within so much of zero.
FREE = -0.05

Found = dict[str, Any]


def summarise(
    found: dict[str, Found], difference: tuple[str, str] | None, limits: dict[str, float], *, relaxed: bool
) -> dict[str, Quantity]:
    """Turn what was computed of each molecule into quantities.

    Parameters
    ----------
    found
        By molecule: ``ground``, and where they were computed ``finer`` (with a larger basis or box), ``reduced`` and
        ``oxidised`` (at the geometry of ``ground``), ``reduced, relaxed`` and ``oxidised, relaxed``; each as
        `calcs.orbitals.orbitals` gives it; with ``, geometry`` after its name what relaxed it, where that was another level. ``potentials`` says whether those are asked for.
    difference
        Two molecules whose LUMOs are subtracted.
    limits
        Of the protocol.
    relaxed
        Whether geometries were relaxed.
    """
    quantities: dict[str, Quantity] = {}
    for name, one in found.items():
        forces = _forces(one, "ground", limits) if relaxed else ()
        quantities |= _levels(name, one, forces)
        for state, what, sign in (("reduced", "electron affinity", -1), ("oxidised", "ionisation energy", 1)):
            for kind, key in (("vertical", state), ("adiabatic", f"{state}, relaxed")):
                if key in one:
                    quantities[f"{kind} {what} {name}"] = _transfer(one, key, sign, forces, limits)
        if one.get("potentials"):
            quantities |= _potentials(name, one, forces, limits)
    if difference is not None:
        pair = (found[difference[0]], found[difference[1]])
        quantities = {_name(difference): _difference(difference, pair, quantities), **quantities}
    return quantities


def _levels(name: str, one: Found, forces: tuple[Check, ...]) -> dict[str, Quantity]:
    ground, finer = one["ground"], one.get("finer")
    checks = (*_box(ground), *_pure(ground), *forces)
    made = {}
    for level in ("homo", "lumo"):
        error = abs(finer[level] - ground[level]) if finer else None
        says = "the vacuum level as zero"
        if level == "lumo" and _free(one):
            says += "; unbound: a state of the box or the basis"
        made[f"{level.upper()} {name}"] = Quantity(
            value=ground[level], unit="eV", error=error, says=says, checks=checks
        )
    gap = ground["lumo"] - ground["homo"]
    error = abs(finer["lumo"] - finer["homo"] - gap) if finer else None
    return {**made, f"gap {name}": Quantity(value=gap, unit="eV", error=error, says="LUMO less HOMO", checks=checks)}


def _transfer(one: Found, key: str, sign: int, forces: tuple[Check, ...], limits: dict[str, float]) -> Quantity:
    """Subtract the energies of two states: what taking an electron gives, or giving one costs."""
    other = one[key]
    own = _forces(one, key, limits) if key.endswith("relaxed") else ()
    says = (
        "energy of the neutral less that with one electron more" if sign < 0 else "energy that takes one electron away"
    )
    return Quantity(
        value=sign * (other["energy"] - one["ground"]["energy"]),
        unit="eV",
        says=says,
        checks=(*_pure(one["ground"]), *_pure(other), *forces, *own),
    )


def _potentials(name: str, one: Found, forces: tuple[Check, ...], limits: dict[str, float]) -> dict[str, Quantity]:
    ground, made = one["ground"], {}
    for what, state in (("reduction", "reduced"), ("oxidation", "oxidised")):
        other = one[f"{state}, relaxed"]
        pair = (ground, other) if state == "reduced" else (other, ground)
        checks = (*_pure(ground), *_pure(other), *forces, *_forces(one, f"{state}, relaxed", limits))
        for metal, value in redox.potentials(pair[0]["energy"], pair[1]["energy"]).items():
            made[f"{what} potential {name}, {metal}"] = Quantity(
                value=value, unit="V", says=f"against {metal}/{metal}+, both forms relaxed", checks=checks
            )
    return made


def _name(difference: tuple[str, str]) -> str:
    return f"LUMO {difference[0]} − {difference[1]}"


def _free(one: Found, level: str = "lumo") -> bool:
    """Say whether a level binds no electron."""
    return bool(one["ground"][level] >= FREE)


def _difference(names: tuple[str, str], pair: tuple[Found, Found], quantities: dict[str, Quantity]) -> Quantity:
    """Subtract two LUMOs; the error is how far their difference moves, for what moves both alike leaves it."""
    value = pair[0]["ground"]["lumo"] - pair[1]["ground"]["lumo"]
    finer = [one["finer"]["lumo"] for one in pair if one.get("finer")]
    return Quantity(
        value=value,
        unit="eV",
        error=abs(finer[0] - finer[1] - value) if len(finer) == 2 else None,
        says=f"LUMO of {names[0]} less LUMO of {names[1]}",
        answers="orbital level",
        checks=tuple(check for name in names for check in quantities[f"LUMO {name}"].checks),
    )


def weighed(
    beside: tuple[Comparison, ...], found: dict[str, Found], difference: tuple[str, str] | None
) -> tuple[Comparison, ...]:
    """Say where a difference's LUMOs are unbound; of two that are, nothing is reproduced."""
    free = [name for name in difference or () if _free(found[name])]
    if difference is None or not free:
        return beside
    doubts = doubted([Ranked(name, 0.0, 0.0, "eV", bound=False) for name in free])
    return tuple(
        each.model_copy(
            update={
                "says": each.says + doubts,
                "verdict": Verdict.not_comparable if len(free) == 2 else each.verdict,
            }
        )
        if each.quantity == _name(difference)
        else each
        for each in beside
    )


def ranked(
    found: dict[str, Found], quantities: dict[str, Quantity], order: tuple[str, ...], level: str
) -> list[Ranked] | None:
    """Give the levels (``LUMO`` or ``HOMO``) in the order that is claimed; None where a check refuses one."""
    made = []
    for name in order:
        own, one = quantities[f"{level} {name}"], found[name]
        if own.value is None or not all(check.passed for check in own.checks):
            return None
        key = level.lower()
        shift = one["finer"][key] - one["ground"][key] if one.get("finer") else None
        made.append(Ranked(name, own.value, own.error, own.unit, shift=shift, bound=not _free(one, key)))
    return made


def _box(result: Found) -> tuple[Check, ...]:
    if result["spread"] is None:
        return ()
    return (at_most("variation of the vacuum potential", result["spread"], SPREAD, "eV"),)


def _pure(result: Found) -> tuple[Check, ...]:
    impure = result.get("contamination")
    return () if not impure else (at_most("⟨S²⟩ off its own value", abs(impure), CONTAMINATION),)


def _forces(one: Found, state: str, limits: dict[str, float]) -> tuple[Check, ...]:
    shape = f"{state}, geometry"
    relaxed = one[shape if shape in one else state]
    return (at_most("largest force left", relaxed["force"], limits["force"], "eV/Å"),)


def unbound(found: dict[str, Found]) -> tuple[str, ...]:
    """Name the molecules whose LUMO binds no electron."""
    free = [name for name, one in found.items() if _free(one)]
    if not free:
        return ()
    return (
        f"The LUMO of {', '.join(free)} lies at or above the vacuum level: it is a state of the box or the basis, no bound one.",
    )
