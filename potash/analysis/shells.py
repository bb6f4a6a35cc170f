"""Energies of an ion's shells: of binding, in total and step by step, with thermal corrections where asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from potash.analysis.desolvation import partings
from potash.analysis.result import Quantity, at_most
from potash.analysis.thermal import gibbs
from potash.structures.encoding import decode
from potash.structures.shells import coordination, cutoff
from potash.structures.topology import Topology

SEARCHED = (
    "Shells are searched, not known: of the starts that were made the lowest is kept, and a lower one may exist. "
    "GFN2-xTB (doi:10.1021/acs.jctc.8b01176) finds shapes; energies that rest on it alone are to be ranked, not quoted."
)


def label(ion: str, counts: dict[str, int], anion: str | None, anions: int) -> str:
    """Name a shell: ``K+(DME)3(FSI-)``."""
    around = {**counts, **({anion: anions} if anion else {})}
    return ion + "".join(f"({name}){count if count > 1 else ''}" for name, count in around.items() if count)


def summarise(
    recipe: dict[str, Any],
    found: dict[str, Any],
    thermal: dict[str, Any],
    ghosts: dict[str, Any],
    limits: dict[str, float],
) -> tuple[dict[str, Quantity], dict[str, Any]]:
    """Turn shells into quantities; the headline is that of the largest shell.

    Parameters
    ----------
    recipe
        ``ion``, ``anion``, ``anions``; ``series``: the numbers of solvent molecules of each shell, ``names`` of these;
        ``kelvin``: the temperature of thermal corrections, or None; ``stripped``, ``around``: see `desolvation.partings`.
    found
        Of each shell and each free molecule by name, as `workflows.solvation.lowest` gives it.
    thermal
        Curvatures of those that have any, by name.
    ghosts
        Of shells whose basis was weighed, by name, ``correction`` (eV); it is added to their energies.
    limits
        ``force``: the largest that may be left, in eV/Å.

    Returns
    -------
    tuple
        Quantities in eV, negative where bound, and the data of tables and figures.
    """
    energies = {name: float(group["shells"][0]["energy"]) for name, group in found.items()}
    for name, each in ghosts.items():
        energies[name] += each["correction"]
    checks = {name: _checks(group, limits) for name, group in found.items()}
    quantities = dict(_bindings(recipe, energies, checks, "binding")) | dict(partings(recipe, energies, checks))
    if recipe["kelvin"] is not None:
        free, waves = {}, {}
        for name, group in found.items():
            correction, imaginary = gibbs(decode(group["shells"][0]["atoms"]), thermal.get(name), recipe["kelvin"])
            free[name] = energies[name] + correction
            waves[name] = (*checks[name], at_most(f"imaginary frequencies of {name}", imaginary, 0))
        quantities |= dict(_bindings(recipe, free, waves, "binding free"))
        quantities |= dict(partings(recipe, free, waves, "free "))
    for name, each in ghosts.items():
        quantities[f"counterpoise correction {name}"] = Quantity(
            value=each["correction"],
            unit="eV",
            says="of the basis set's superposition, in vacuum, contained in the energies above",
        )
    tables = {name: _told(found[name]) for name in recipe["names"]}
    for name in recipe["names"]:
        quantities[f"coordination number {name}"] = Quantity(
            value=tables[name][0]["coordination"],
            unit="",
            says=f"N, O, F and Cl up to {cutoff(recipe['ion']):.2f} Å of the ion, in the lowest shell",
            checks=checks[name],
        )
    counts = [sum(each.values()) for each in recipe["series"]]
    totals = [quantities[f"binding energy {name}"].value for name in recipe["names"]]
    return quantities, {"shells": tables, "counts": counts, "binding": totals, "names": recipe["names"]}


def _bindings(
    recipe: dict[str, Any], energies: dict[str, float], checks: dict[str, Any], what: str
) -> Iterator[tuple[str, Quantity]]:
    """Give the energies of binding: the headline, that of every shell, and of every step."""
    series, names = recipe["series"], recipe["names"]
    apart = [_apart(recipe, counts, energies) for counts in series]
    total = [energies[name] - each for name, each in zip(names, apart, strict=True)]
    steps = dict(_steps(series, total))
    molecules = sum(series[-1].values())
    ways = {"ion and molecules apart, in total": total[-1]}
    if molecules:
        ways["the same for each solvent molecule"] = total[-1] / molecules
    if len(series) - 1 in steps:
        ways["its last solvent molecule"] = steps[len(series) - 1]
    pair = recipe["anion"] is not None and not any(series[0].values()) and len(series) > 1
    if pair:
        ways |= {
            "ion pair and solvent apart, in total": total[-1] - total[0],
            "ion pair and solvent apart, for each solvent molecule": (total[-1] - total[0]) / molecules,
        }
    own = {part for counts in series for part in _parts(recipe, counts)}
    sums = tuple(check for name in (*names, *sorted(own)) for check in checks[name])
    energy = f"{what} energy"
    answers = "solvation energy" if what == "binding" else None
    choices = {"definition": ways}
    says = f"of {names[-1]} less ion and molecules apart, each at its lowest; negative: bound"
    if pair:
        yield (
            "solvation energy" if what == "binding" else "solvation free energy",
            Quantity(
                value=total[-1] - total[0],
                unit="eV",
                says=f"of {names[-1]} less {names[0]} and the solvent molecules, each at its lowest",
                answers=answers,
                choices=choices,
                checks=sums,
            ),
        )
    yield energy, Quantity(value=total[-1], unit="eV", says=says, answers=answers, choices=choices, checks=sums)
    for number, name in enumerate(names):
        around = tuple(check for part in (name, *_parts(recipe, series[number])) for check in checks[part])
        yield f"{energy} {name}", Quantity(value=total[number], unit="eV", says="in total", checks=around)
        if number in steps:
            yield (
                f"stepwise {energy} {name}",
                Quantity(value=steps[number], unit="eV", says="of the last solvent molecule", checks=around),
            )


def _parts(recipe: dict[str, Any], counts: dict[str, int]) -> list[str]:
    anion = [recipe["anion"]] if recipe["anion"] else []
    return [recipe["ion"], *(name for name, count in counts.items() if count), *anion]


def _apart(recipe: dict[str, Any], counts: dict[str, int], energies: dict[str, float]) -> float:
    """Sum the energies of what a shell is made of."""
    around = {**counts, **({recipe["anion"]: recipe["anions"]} if recipe["anion"] else {})}
    alone: float = energies[recipe["ion"]] + sum(count * energies[name] for name, count in around.items() if count)
    return alone


def _steps(series: list[dict[str, int]], total: list[float]) -> Iterator[tuple[int, float]]:
    """Give the energy that the last molecule binds with, by the shell's number; the bare ion is the shell before one."""
    for number, counts in enumerate(series):
        molecules = sum(counts.values())
        if number and molecules - sum(series[number - 1].values()) == 1:
            yield number, total[number] - total[number - 1]


def _checks(group: dict[str, Any], limits: dict[str, float]) -> tuple[Any, ...]:
    """Check that the lowest shell is a minimum, as far as its forces tell."""
    shell = group["shells"][0]
    if not group["relaxed"]:
        return ()
    return (at_most(f"largest force left in {group['name']}", float(shell["force"]), limits["force"], "eV/Å"),)


def _told(group: dict[str, Any]) -> list[dict[str, Any]]:
    """Say of each shell its energy above the lowest (eV), and what coordinates the ion."""
    content = Topology.read(group["content"])
    zero = float(group["shells"][0]["energy"])
    rows = []
    for shell in group["shells"]:
        found = coordination(decode(shell["atoms"]), content)
        bound = {each.name: number for each, number in zip(content.species, found.molecules, strict=True)}
        del bound[content.species[0].name]
        rows.append({"above": float(shell["energy"]) - zero, "coordination": found.number, "molecules": bound,
                     "times": shell["times"], "searched": shell["searched"]})  # fmt: skip
    return rows


def notes(recipe: dict[str, Any], found: dict[str, Any], results: list[dict[str, Any]]) -> tuple[str, ...]:
    """Say how shells were searched, what was found, and at which level their energies are."""
    settings = results[0]["settings"]
    keys = ("method", "functional", "mode", "basis", "dispersion", "dielectric")
    level = ", ".join(str(settings[key]) for key in keys if settings.get(key) not in (None, "none"))
    own = results[0]["engine"] == recipe["search"]
    lines = [
        f"Level of theory: {level} ({results[0]['engine']})"
        + (", the search's own: no DFT stands behind these energies." if own else ".")
    ]
    for name in (*recipe["names"], *(each for each in recipe["stripped"] if each != recipe["ion"])):
        group = found[name]
        first = _told(group)[0]
        bound = ", ".join(f"{number} {each}" for each, number in first["molecules"].items())
        lines.append(
            f"{name}: of {recipe['starts']} starts, {_counted(group['merged'], 'distinct shell')}, the lowest found "
            f"{_counted(first['times'], 'time')}; {bound} coordinate through {_counted(first['coordination'], 'atom')}."
            + (f" {_counted(group['broken'], 'end')} with broken or new bonds left out." if group["broken"] else "")
            + (f" {_counted(group['lost'], 'start')} came to no end." if group["lost"] else "")
        )
    return (*lines, SEARCHED)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
