"""Make the benchmark's trajectory: 64 K⁺, 64 FSI⁻ and 277 DME, 5000 atoms that jitter and drift; no dynamics.

Molecules hold together, cations keep and change their shells; what is measured is how fast it is read.
``python benchmarks/solvation/make.py FOLDER [FRAMES]`` writes run.dcd and run.npz (names and elements of the atoms).
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import MDAnalysis as mda  # noqa: N813  (its own name)
import numpy as np

from potash.structures.components import component
from potash.structures.topology import Topology

LENGTH = 37.0
COUNTS = {"K+": 64, "FSI-": 64, "DME": 277}


def main(folder: Path, frames: int) -> None:
    """Write the trajectory."""
    made = {name: component(name) for name in COUNTS}
    topology = Topology(tuple(made[name].species(count) for name, count in COUNTS.items()))
    random = np.random.default_rng(0)
    kinds, sizes = topology.kinds, [len(species.elements) for species in topology.species]
    shapes = []
    for kind in kinds:
        positions = np.array(made[topology.species[kind].name].positions)
        turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
        oxygen = next((k for k, each in enumerate(topology.species[kind].elements) if each == "O"), 0)
        shapes.append((positions - positions[oxygen]) @ turn)
    home = random.uniform(0, LENGTH, (len(kinds), 3))
    around = random.integers(0, 64, len(kinds))  # the cation that a molecule is at
    away = random.normal(size=(len(kinds), 3))
    away *= random.normal(2.8, 0.1, (len(kinds), 1)) / np.linalg.norm(away, axis=1, keepdims=True)
    held = (random.uniform(size=len(kinds)) < 0.8) & (kinds > 0)
    owners = np.repeat(np.arange(len(kinds)), [sizes[kind] for kind in kinds])
    shape = np.concatenate(shapes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe = mda.Universe.empty(len(owners), trajectory=True)
        with mda.Writer(str(folder / "run.dcd"), len(owners), dt=1.0) as writer:
            for frame in range(frames):
                home += random.normal(0, 0.15, home.shape)
                change = held & (random.uniform(size=len(kinds)) < 0.02)
                around[change] = random.integers(0, 64, int(change.sum()))
                place = np.where(held[:, None], home[around] + away, home)
                place[:64] = home[:64]
                universe.atoms.positions = (place[owners] + shape + random.normal(0, 0.1, shape.shape)).astype(
                    np.float32
                ) % np.float32(LENGTH)
                universe.dimensions = [LENGTH, LENGTH, LENGTH, 90, 90, 90]
                writer.write(universe.atoms)
                if frame % 1000 == 0:
                    print(f"{frame} of {frames} frames", flush=True)
    names = np.array([topology.species[kinds[owner]].name for owner in owners])
    np.savez(folder / "run.npz", names=names, elements=np.array(topology.elements), owners=owners)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
