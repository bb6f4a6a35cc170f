"""The LUMO of a liquid's shells, weighted by how often each occurs, and what carries it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import isfinite, sqrt
from typing import Any

import numpy as np

from potash.analysis.orbitals import WARNING
from potash.analysis.result import Quantity

#: The most easily reduced part of the ions, whose LUMO is told besides the mean.
TENTH = 0.1
GEOMETRIES = {
    "given": "as they are in the liquid, by its force field",
    "tblite": "relaxed by GFN2-xTB",
    "relaxed": "relaxed at the same level",
}


@dataclass(frozen=True)
class Told:
    """What levels of shells add to a study's result."""

    quantities: dict[str, Quantity] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    results: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Shell:
    """A shell with its levels.

    Attributes
    ----------
    label, population, error, charge
        Of its kind: what it is made of, the share of the ions with half the width of its 95 % interval, and its charge in e.
    weight
        The share of the ions that it stands for.
    homo, lumo
        In eV.
    carriers
        Which part of the LUMO is at each species; empty where the engine does not tell.
    """

    label: str
    population: float
    error: float
    charge: int
    weight: float
    homo: float
    lumo: float
    carriers: dict[str, float]


def summarise(clusters: list[dict[str, Any]], levels: dict[str, Any]) -> Told:
    """Weight the levels of shells by their populations.

    Parameters
    ----------
    clusters
        Plain `structures.clusters.Cluster`, several of one label being samples of one kind.
    levels
        As `workflows.shell_levels.compute` gives them.
    """
    results = [*(each for each in levels["shells"] if "lumo" in each), *levels["relaxed"]]
    lost = [each["reason"] for each in levels["shells"] if "lumo" not in each]
    shells = _shells(clusters, levels["shells"])
    if not shells:
        return Told(notes=("No shell has levels.", *lost))
    covered = sum(shell.weight for shell in shells)
    quantities = {
        "LUMO of the shells": Quantity(
            value=_mean(shells),
            unit="eV",
            error=_error(shells),
            says=f"mean over shells that hold {100 * covered:.0f} % of the ions, weighted by their populations",
            answers="orbital level",
        ),
        "LUMO of the lowest tenth": Quantity(
            value=_quantile(shells, TENTH),
            unit="eV",
            says="a tenth of the ions in these shells has a LUMO at or below it",
        ),
    }
    for name, share in _carried(shells).items():
        quantities[f"LUMO on {name}"] = Quantity(
            value=100 * share, unit="%", says="of the LUMO's density, mean over the shells by their populations"
        )
    return Told(
        quantities=quantities,
        data={"levels": [{key: value for key, value in shell.__dict__.items() if key != "error"} for shell in shells]},
        notes=(*_notes(shells, levels, results[0]), *(f"Left out: {reason}" for reason in lost)),
        results=tuple(results),
    )


def _shells(clusters: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[Shell]:
    """Put shells and levels together; samples of a kind share its population."""
    pairs = [(cluster, level) for cluster, level in zip(clusters, found, strict=True) if "lumo" in level]
    many: dict[str, int] = defaultdict(int)
    for cluster, _ in pairs:
        many[cluster["label"]] += 1
    return [
        Shell(
            **{key: cluster[key] for key in ("label", "population", "error", "charge")},
            weight=cluster["population"] / many[cluster["label"]],
            homo=level["homo"],
            lumo=level["lumo"],
            carriers=_by_species(cluster["molecules"], level.get("carriers")),
        )
        for cluster, level in pairs
    ]


def _by_species(molecules: list[tuple[str, int]], shares: list[float] | None) -> dict[str, float]:
    """Sum the shares of atoms over the molecules of each species."""
    if shares is None:
        return {}
    found: dict[str, float] = defaultdict(float)
    first = 0
    for name, size in molecules:
        found[name] += sum(shares[first : first + size])
        first += size
    return dict(found)


def _mean(shells: list[Shell]) -> float:
    return float(np.average([shell.lumo for shell in shells], weights=[shell.weight for shell in shells]))


def _quantile(shells: list[Shell], part: float) -> float:
    """Give the LUMO below which a part of the ions lies."""
    ordered = sorted(shells, key=lambda shell: shell.lumo)
    running = np.cumsum([shell.weight for shell in ordered])
    return ordered[int(np.searchsorted(running, part * running[-1]))].lumo


def _error(shells: list[Shell]) -> float | None:
    """Give half the width of the mean's 95 % interval: from the samples of each kind, and from the populations.

    The spread within a kind is taken to be the same for all kinds. None where no kind has two samples.
    """
    from scipy.stats import t

    kinds: dict[str, list[Shell]] = defaultdict(list)
    for shell in shells:
        kinds[shell.label].append(shell)
    free = len(shells) - len(kinds)
    if free == 0:
        return None
    means = {name: float(np.mean([shell.lumo for shell in own])) for name, own in kinds.items()}
    spread = sqrt(sum((shell.lumo - means[shell.label]) ** 2 for shell in shells) / free)
    whole, mean = sum(shell.weight for shell in shells), _mean(shells)
    sampling = sum((own[0].population / whole) ** 2 / len(own) for own in kinds.values())
    errors = [own[0].error * (means[name] - mean) / whole for name, own in kinds.items() if isfinite(own[0].error)]
    return sqrt((t.ppf(0.975, free) * spread) ** 2 * sampling + sum(error**2 for error in errors))


def _carried(shells: list[Shell]) -> dict[str, float]:
    """Give the part of the LUMO at each species, the largest first."""
    told = [shell for shell in shells if shell.carriers]
    found: dict[str, float] = defaultdict(float)
    for shell in told:
        for name, share in shell.carriers.items():
            found[name] += share * shell.weight
    whole = sum(shell.weight for shell in told)
    return {name: share / whole for name, share in sorted(found.items(), key=lambda item: -item[1])}


def _notes(shells: list[Shell], levels: dict[str, Any], first: dict[str, Any]) -> list[str]:
    settings = first["settings"]
    level = ", ".join(str(settings[key]) for key in ("functional", "mode", "basis") if key in settings)
    around = settings.get("dielectric")
    notes = [
        f"Levels of the shells: {level} ({first['engine']})"
        + (f", in a continuum of dielectric constant {around:.3g}" if around else ", in the vacuum")
        + f"; their geometries are {GEOMETRIES[levels['geometry']]}.",
        WARNING,
    ]
    if not around and any(shell.charge for shell in shells):
        notes.append(
            "In the vacuum a charge of +1 or −1 e moves all levels of a shell by electronvolts: shells of different charge are not to "
            "be compared."
        )
    if len(shells) == len({shell.label for shell in shells}):
        notes.append("One shell of each kind has levels, so they have no error; samples: 3 gives one.")
    return notes
