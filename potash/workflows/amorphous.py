"""Amorphous samples: packed at random, melted, quenched and relaxed."""

from __future__ import annotations

from typing import Any

import numpy as np
from jobflow import Flow, job

from potash.analysis import amorphous as analysis
from potash.analysis.result import View
from potash.campaign import AmorphousStudy
from potash.structures.amorphous import DENSITY, packed, symbols_of
from potash.workflows.bench import Bench
from potash.workflows.summary import finish

#: A glass relaxes along many soft ways: at most so many steps.
STEPS = 1000


def build(bench: Bench) -> Flow:
    """Make the graph of a study of amorphous samples."""
    study = bench.study
    assert isinstance(study, AmorphousStudy)
    symbols = symbols_of(study.formula, study.atoms)
    edge = _edge(symbols, study.density)
    plane = np.array([[edge, 0, 0], [0, edge, 0]])
    how = {name: getattr(study, name) for name in ("melt", "hold", "rate", "timestep")} | {"steps": STEPS}
    made = [
        bench.calculate("quench", [packed(symbols, plane, study.density, seed)], f"sample {number}", seed=seed, **how)
        for number, seed in enumerate(range(study.seed, study.seed + study.samples), start=1)
    ]
    about = bench.about(f"amorphous {study.formula}")
    told = f"{study.atoms} atoms, held at {study.melt:g} K for {study.hold:g} ps, cooled by {study.rate:g} K/ps"
    return bench.flow(made, summarise(about, [each.output for each in made], told))


def _edge(symbols: list[str], density: float) -> float:
    """Give the edge of the cube (Å) that has a density (g/cm³)."""
    from ase import Atoms

    return float(np.cbrt(Atoms(symbols).get_masses().sum() / (DENSITY * density)))


@job
def summarise(about: dict[str, Any], samples: list[dict[str, Any]], told: str) -> dict[str, Any]:
    """Turn the samples into the study's result."""
    quantities, data, notes = analysis.summarise(samples, about["limits"])
    views = tuple(View(title=f"Sample {n}", frames=(made["atoms"],)) for n, made in enumerate(samples, start=1))
    return finish(about, samples, quantities, notes=(f"{told}.", *notes), views=views, data=data)
