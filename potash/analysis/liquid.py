"""A liquid's run: its density, its concentration, and what its trajectory says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from potash.analysis import transverse
from potash.analysis.blocks import drift
from potash.analysis.liquid_reading import Reading, read
from potash.analysis.result import Check, Quantity, at_most
from potash.analysis.trajectory import trajectory
from potash.stationary import BLOCKS, rest, trend
from potash.structures.boxes import CUBIC
from potash.structures.topology import Topology

#: The mean temperature must be the thermostat's to this part of it.
WARM = 0.02
#: So many points of a series are drawn.
DRAWN = 400


def summarise(run: dict[str, Any], told: dict[str, Any]) -> tuple[dict[str, Quantity], dict[str, Any], tuple[str, ...]]:
    """Sum up a run, without what its trajectory says.

    Parameters
    ----------
    run
        As `calcs.dynamics.dynamics` gives it.
    told
        ``topology``, ``temperature`` (K), ``density`` (g/cm³) where it was given, ``salt`` and its ``concentration`` (mol/L)
        where one was asked for, and ``notes``.

    Returns
    -------
    tuple
        Quantities, the density first; the data of the figures; notes.
    """
    topology = Topology.read(told["topology"])
    quantities = {"density": density(run, told)}
    if told["salt"]:
        quantities["concentration"] = concentration(
            topology, run["edges"], quantities["density"], told["concentration"]
        )
    quantities |= potential(run["series"]["production"]["energy"], len(topology.elements))
    series = run["series"]
    data = {
        "series": {phase: {name: _thinned(values) for name, values in each.items()} for phase, each in series.items()},
        "ns_per_day": run["ns_per_day"],
        "atoms": len(topology.elements),
    }
    made = f"{len(topology.elements)} atoms, {run['ns_per_day']:.3g} ns/day by OpenMM's platform {run['platform']}."
    return quantities, data, (made, *told["notes"])


def density(run: dict[str, Any], told: dict[str, Any]) -> Quantity:
    """Give the density, and whether it came to rest."""
    from scipy.stats import t

    checks: tuple[Check, ...] = (_warm(run, told["temperature"]),)
    if told["density"] is not None:
        return Quantity(value=told["density"], unit="g/cm3", says="as given: the volume is fixed", checks=checks)
    found = {name: rest(run["series"]["density"][name]) for name in ("density", "energy")}
    own = found["density"]
    assert own is not None
    checks += tuple(drift(each, name) for name, each in found.items() if each is not None)
    return Quantity(
        value=own.mean,
        unit="g/cm3",
        error=float(t.ppf(0.975, BLOCKS - 1)) * own.error,
        says="mean over the second half of the run at constant pressure; error: 95 % by block means",
        checks=checks,
    )


def potential(series: list[float], atoms: int) -> dict[str, Quantity]:
    """Give the potential energy of the production, which drifts while the liquid still finds its structure.

    Parameters
    ----------
    series
        Of the whole box, in kJ/mol.
    atoms
        How many there are in it.
    """
    from scipy.stats import t

    found = trend(series)
    if found is None:
        return {}
    energy = Quantity(
        value=found.mean / atoms,
        unit="kJ/mol",
        error=float(t.ppf(0.975, BLOCKS - 1)) * found.error / atoms,
        says="mean over the production, an atom; error: 95 % by block means",
        checks=(drift(found),),
    )
    return {"potential energy": energy}


def concentration(topology: Topology, edges: list[float], found: Quantity, asked: float | None) -> Quantity:
    """Give the salt's concentration in the box that the density made."""
    assert found.value is not None
    pairs = max(each.count for each in topology.species if each.charge)
    value = pairs / float(np.prod(edges)) / CUBIC * 1000
    checks = () if asked is None else (at_most("part by which it misses what was asked", abs(value / asked - 1), 0.1),)
    return Quantity(
        value=value,
        unit="mol/L",
        error=None if found.error is None else value * found.error / found.value,
        says="ion pairs over the box's volume; the recipe rests on molar volumes (see the docs)",
        checks=checks,
    )


def reading(
    run: dict[str, Any], topology: Topology, temperature: float, cation: str | None, samples: int, folder: Path
) -> Reading:
    """Read what a run kept: its trajectory, and the viscosity that corrects diffusion coefficients for the cell's size.

    Parameters
    ----------
    run
        As `calcs.dynamics.dynamics` gives it.
    topology, temperature, cation, samples
        As in `liquid_reading.read`.
    folder
        Where its files are.
    """
    found = viscosity(run, temperature, folder)
    frames = trajectory(folder / run["trajectory"], len(topology.elements))
    made = read(frames, topology, temperature, cation, viscosity=known(found), samples=samples, folder=folder)
    return made if found is None else replace(made, quantities={"viscosity": found, **made.quantities})


def viscosity(run: dict[str, Any], temperature: float, folder: Path) -> Quantity | None:
    """Read the viscosity from the currents, where the run kept enough of them."""
    if run["currents"] is None:
        return None
    waves = np.array(run["waves"])
    kept = np.memmap(folder / run["currents"], np.complex64, "r").reshape(-1, len(waves), 2)
    if len(kept) < transverse.FEWEST:
        return None
    return transverse.viscosity(kept, waves, run["look"], run["edges"][0], run["mass"], temperature)


def known(found: Quantity | None) -> tuple[float, float] | None:
    """Give a viscosity and its error where its checks let it pass."""
    if found is None or found.value is None or found.error is None or not all(check.passed for check in found.checks):
        return None
    return found.value, found.error


def notes(topology: Topology, parameters: list[dict[str, Any]], factor: float) -> list[str]:
    """Say what the liquid is made of, and by which force field."""
    parts = ", ".join(f"{each.count} {each.name}" for each in topology.species)
    fields: dict[str, list[str]] = {}
    sources = {each["name"]: each["source"] for each in parameters}
    for species, each in zip(topology.species, parameters, strict=True):
        fields.setdefault(each["name"], []).append(species.name)
    made = [f"In the box: {parts}."]
    made += [f"{name} for {', '.join(names)}: {sources[name]}." for name, names in fields.items()]
    if any(each.charge for each in topology.species):
        made.append(
            f"Charges of the ions: scaled by {factor:g}."
            if factor != 1
            else "Charges of the ions: full. Without polarisation these bind cations and anions too tightly; compare "
            "charges: 0.8."
        )
    return made


def fit_note(fit: dict[str, Any]) -> str:
    """Say where a molecule's charges are from, and how well they give its potential."""
    return (
        f"Charges of {fit['name']}: RESP (doi:10.1021/j100142a004) at HF/6-31G*, one set for {fit['conformers']} of its "
        f"conformers by GFN2-xTB; they miss {100 * fit['misfit']:.3g} % of the potential around it (root mean square)."
    )


def _warm(run: dict[str, Any], kelvin: float) -> Check:
    """Check the mean temperature; what chance alone may do to it in so short a run is allowed for."""
    series = np.array(run["series"]["production"]["temperature"])
    means = np.array([part.mean() for part in np.array_split(series, min(BLOCKS, len(series)))])
    error = means.std(ddof=1) / np.sqrt(len(means)) if len(means) > 1 else 0.0
    beyond = max(0.0, abs(float(series.mean()) - kelvin) - 3 * float(error))
    return at_most("part by which the temperature misses the thermostat's, beyond three errors", beyond / kelvin, WARM)


def _thinned(values: list[float]) -> list[float]:
    every = max(1, len(values) // DRAWN)
    return [float(f"{value:.6g}") for value in values[::every]]
