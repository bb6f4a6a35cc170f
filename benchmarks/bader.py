"""What Bader's partition costs: time and memory over the number of voxels, for a density that no DFT code made.

Atoms on an fcc lattice of 6 Å, alternately of two kinds, each a sum of exponentials; a voxel is 0.12 Å wide; a slow wave over the
whole cell makes all atoms differ. Each size runs in a process of its own, so that its peak of memory is its own; what Python, its
libraries and the density itself take is not counted. Run: ``python benchmarks/bader.py``; ``--sizes 50 100`` for some.

On 21 November 2026, one core of a busy machine (time and peak beside the density):

    voxels   atoms   all voxels in one matrix    blocks of voxels
      50^3       8       0.1 s      31 MiB        0.1 s    51 MiB
     100^3      64       0.7 s     247 MiB        0.7 s    85 MiB
     150^3     216       3.4 s     824 MiB        2.5 s   147 MiB
     200^3     512       9.9 s    1983 MiB        5.8 s   281 MiB
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.io import read

LATTICE, VOXEL = 6.0, 0.12
SIZES = (50, 100, 150, 200)
#: Electrons, decay (1/Å) of each shell of both kinds.
SHELLS = {"Na": ((10.0, 8.0), (0.3, 2.0)), "Cl": ((10.0, 9.0), (7.7, 3.0))}


def model(points: int) -> tuple[np.ndarray, Atoms]:
    """Make a density on a cube of so many points a side, and its atoms; an angle of 80° makes the cell a general one."""
    cells = round(points * VOXEL / LATTICE)
    unit = bulk("NaCl", "rocksalt", a=LATTICE, cubic=True)
    skew = np.array([[1, 0, 0], [np.cos(np.radians(80)), np.sin(np.radians(80)), 0], [0, 0, 1]])
    unit.set_cell(unit.cell.array @ skew, scale_atoms=True)
    one = points // cells
    grid = np.stack(np.meshgrid(*[np.arange(one) / one] * 3, indexing="ij"), axis=-1)
    density = np.zeros((one, one, one))
    for atom, fractions in zip(unit, unit.get_scaled_positions(), strict=True):
        for image in np.ndindex(3, 3, 3):
            away = np.linalg.norm((grid - fractions + 1 - np.array(image)) @ unit.cell.array, axis=-1)
            density += sum(n * k**3 / (8 * np.pi) * np.exp(-k * away) for n, k in SHELLS[atom.symbol])
    wave = 1 + 0.02 * np.cos(2 * np.pi * np.arange(points) / points)
    whole = np.tile(density, (cells, cells, cells)) * wave[:, None, None] * wave[:, None] * wave
    return whole, unit.repeat(cells)


def measure(folder: Path) -> dict[str, float]:
    """Time one partition of what lies in a folder, and take the peak of memory above what there was before it, in MiB."""
    from potash.calcs.bader import partition

    density, atoms = np.load(folder / "density.npy"), read(folder / "atoms.traj")
    partition(density[:8, :8, :8].copy(), atoms)  # imports
    before = peak()
    began = time.process_time()
    found = partition(density, atoms)
    seconds = time.process_time() - began
    lost = abs(found.electrons.sum() + found.vacuum - density.mean() * atoms.cell.volume)
    return {"atoms": len(atoms), "seconds": seconds, "peak": peak() - before, "lost": float(lost)}


def peak() -> float:
    """Give this program's peak of memory in MiB; what the system counts otherwise begins with the parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def alone(points: int) -> dict[str, float]:
    """Measure one size in a process that has not made the density, whose making takes more memory."""
    with TemporaryDirectory() as name:
        density, atoms = model(points)
        np.save(Path(name) / "density.npy", density)
        atoms.write(Path(name) / "atoms.traj")
        del density
        ran = subprocess.run([sys.executable, __file__, "--one", name], stdout=subprocess.PIPE, text=True, check=True)
    made: dict[str, float] = json.loads(ran.stdout)
    return made


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="points a side, multiples of 50")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one)))
        return
    print(f"{'voxels':>12} {'atoms':>6} {'CPU s':>8} {'µs/voxel':>9} {'peak MiB':>9} {'bytes/voxel':>12}")
    for size in asked.sizes:
        made, voxels = alone(size), size**3
        assert made["lost"] < 1e-6, "electrons were lost"
        print(
            f"{size:>8}^3 {voxels / 1e6:>5.2f}M {made['atoms']:>6} {made['seconds']:>8.1f} {1e6 * made['seconds'] / voxels:>8.2f} "
            f"{made['peak']:>9.0f} {made['peak'] * 2**20 / voxels:>12.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
