"""Core time of a step of OpenMM by atoms, cutoff and family of force fields: the figures of the engine's estimate.

OMP_NUM_THREADS=1 python benchmarks/liquids/pace.py | tee benchmarks/liquids/pace.txt
"""

from __future__ import annotations

import datetime
import os
import platform
import time

import numpy as np
import openmm
from ase import Atoms

from potash.calcs.engine import protocol
from potash.calcs.mechanics import NM, system
from potash.calcs.openmm import PAIRS, step
from potash.structures.boxes import Mixture, Recipe, mixture, packed
from potash.structures.components import component
from potash.structures.forcefields import parametrise, rules
from potash.structures.topology import Topology

#: DME at its density; boxes are this one, repeated.
RECIPE = Recipe(None, {"DME": 1.0}, atoms=1000, density=0.86)
REPEATS = ((1, 1, 1), (2, 1, 1), (2, 2, 1))
STEPS = 40


def main() -> None:
    """Print milliseconds a step of boxes of DME, measured as process time of one thread, beside the estimate."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    print(f"OpenMM {openmm.__version__}, one thread on {machine}, shared with other work, {today}")
    print("family  atoms  cutoff/Å  ms a step  estimate  pairs within the cutoff an atom")
    mixed = mixture(RECIPE)
    box = packed(mixed, 0)
    charges = parametrise(component("DME"), "opls")["charges"]
    for family in PAIRS:
        rows, spent = [], []
        for repeats in REPEATS:
            for cutoff in (8.0, 10.0):
                large = box.repeat(repeats)
                if large.cell.lengths().min() < 2 * cutoff:
                    continue
                settings = {**protocol("openmm", "standard", "molecule"), "cutoff": cutoff}
                spent.append(_step(large, mixed, family, charges, settings))
                near = 2 / 3 * np.pi * cutoff**3 * len(large) / large.get_volume()
                rows.append([len(large), len(large) * near])
                options = {"volume": "fixed", "rules": {"combination": rules(family).combination}}
                expected = step(large, settings, options).core_seconds
                print(
                    f"{family:6}  {len(large):5d}  {cutoff:8.0f}  {1e3 * spent[-1]:9.2f}  {1e3 * expected:8.2f}  {near:6.0f}"
                )
        # Relative errors count: times differ by a factor of ten.
        weighted = np.array(rows) / np.array(spent)[:, None]
        atom, pair = np.linalg.lstsq(weighted, np.ones(len(rows)))[0]
        print(f"{family:6}  fitted: {atom:.2g} s an atom, {pair:.2g} s a pair")


def _step(box: Atoms, mixed: Mixture, family: str, charges: list[float], settings: dict[str, float]) -> float:
    """Give the process time of a step, in s."""
    (one,), (count,) = mixed.components, mixed.counts
    topology = Topology((one.species(count * len(box) // len(mixed.topology.elements)),))
    field = {**parametrise(one, family), "charges": charges}
    made = system(topology, [field], rules(family), box.cell.lengths().tolist(), settings)
    found = openmm.Platform.getPlatformByName("CPU")
    context = openmm.Context(made, openmm.LangevinMiddleIntegrator(300, 1.0, 0.002), found, {"Threads": "1"})
    context.setPositions(box.positions * NM)
    openmm.LocalEnergyMinimizer.minimize(context, maxIterations=50)
    context.setVelocitiesToTemperature(300, 1)
    context.getIntegrator().step(10)
    began = time.process_time()
    context.getIntegrator().step(STEPS)
    return (time.process_time() - began) / STEPS


if __name__ == "__main__":
    main()
