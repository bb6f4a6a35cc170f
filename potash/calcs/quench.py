"""Melting and quenching: molecular dynamics that cools down, block by block, and goes on after any stop."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import units

from potash.calcs.calls import Recorder
from potash.calcs.faults import failed
from potash.calcs.relax import relax
from potash.calcs.unrecorded import Unrecorded
from potash.calcs.vault import write
from potash.errors import CalculationFailed, fault_of
from potash.structures.encoding import decode

if TYPE_CHECKING:
    from ase import Atoms

#: Steps of a block: its temperature is constant, and its end is kept on disk.
BLOCK = 50
#: The temperature at which cooling ends, in K.
COLD = 300.0
#: Of the Langevin thermostat, per fs.
FRICTION = 0.02
#: The pressure is that between two cells whose edges differ so much from the sample's.
SCALE = 0.003
#: Kinetic energy of so many times the temperature that was asked for is no physics.
BLOWN = 30.0
#: The file of the last block's end.
FILE = "quench.json"


def temperatures(options: dict[str, Any]) -> list[float]:
    """Give the temperature of each block, in K: held at the melt's, then down to `COLD` at the rate.

    Parameters
    ----------
    options
        ``melt`` (K), ``hold`` (ps), ``rate`` (K/ps) and ``timestep`` (fs).
    """
    span = BLOCK * options["timestep"] / 1000
    held = max(1, round(options["hold"] / span))
    falls = max(1, round((options["melt"] - COLD) / (options["rate"] * span)))
    cooling: list[float] = np.linspace(options["melt"], COLD, falls + 1)[1:].tolist()
    return [options["melt"]] * held + cooling


def quench(atoms: Atoms, recorder: Recorder, options: dict[str, Any], folder: Path, *, rank: int) -> dict[str, Any]:
    """Melt a structure at constant volume, cool it down, and relax it.

    Every block begins with a new engine and random numbers of its own, seeded by its number: what it does follows
    from positions and momenta at its start alone, so that a run that was stopped ends where it would have ended.

    Parameters
    ----------
    atoms
        Where to start.
    recorder
        The engine. Steps of the dynamics are not recorded, those of the relaxation are.
    options
        As for `temperatures`, with ``seed``, and ``force`` and ``steps`` of the relaxation; ``halvings``: where blocks
        blew up, the time step is halved so often.
    folder
        Where the ends of blocks are kept.
    rank
        This process under MPI; rank 0 alone writes.

    Returns
    -------
    dict
        As `calcs.relax.relax` gives it, with ``temperatures`` (K) and ``energies`` (potential ones, eV) of the blocks'
        ends, and the ``pressure`` (GPa) of the relaxed sample.
    """
    told = json.loads((folder / FILE).read_text(encoding="utf-8")) if (folder / FILE).exists() else None
    cold = temperatures(options)
    seconds, energies = (told["seconds"], told["energies"]) if told else (0.0, [])
    calls = told.get("calls", BLOCK * len(energies)) if told else 0
    if told:
        atoms.positions, momenta = np.array(told["positions"]), np.array(told["momenta"])
        atoms.set_momenta(momenta)
    for block in range(len(energies), len(cold)):
        began = time.monotonic()
        energies.append(_block(atoms, recorder, cold[block], block, options))
        seconds += time.monotonic() - began
        calls += BLOCK * 2 ** options.get("halvings", 0)
        if rank == 0:
            state = {"positions": atoms.positions.tolist(), "momenta": atoms.get_momenta().tolist()}
            write(folder / FILE, {**state, "energies": energies, "seconds": seconds, "calls": calls})
        recorder.rest()
    atoms.set_momenta(np.zeros_like(atoms.positions))
    atoms.wrap()
    found = relax(atoms, recorder, options)
    pressure = _pressure(decode(found["atoms"]), recorder)
    return {
        **found,
        "temperatures": cold,
        "energies": energies,
        "pressure": pressure,
        "calls": calls,
        "seconds": seconds,
    }


def _pressure(atoms: Atoms, recorder: Recorder) -> float:
    """Give the pressure (GPa) of a structure whose atoms are scaled with its cell: energies tell it, with any engine."""
    energies, volumes = [], []
    for factor in (1 - SCALE, 1 + SCALE):
        scaled = atoms.copy()
        scaled.set_cell(atoms.cell.array * factor, scale_atoms=True)
        scaled.calc = recorder
        energies.append(scaled.get_potential_energy())
        volumes.append(scaled.get_volume())
    return float((energies[0] - energies[1]) / (volumes[1] - volumes[0]) / units.GPa)


def _block(atoms: Atoms, recorder: Recorder, kelvin: float, block: int, options: dict[str, Any]) -> float:
    """Run one block of Langevin dynamics; the first one draws the momenta."""
    from ase.md.langevin import Langevin
    from ase.md.velocitydistribution import thermalize_momenta

    numbers = np.random.default_rng([options["seed"], block])
    recorder.inner = None  # neighbour lists and wavefunctions of the last block would leave their trace
    atoms.calc = Unrecorded(recorder)
    if block == 0:
        thermalize_momenta(atoms, temperature_K=kelvin, rng=numbers)
    finer = 2 ** options.get("halvings", 0)
    motion = Langevin(
        atoms,
        options["timestep"] / finer * units.fs,
        temperature_K=kelvin,
        friction=FRICTION / units.fs,
        rng=numbers,
        fixcm=False,
        logfile=None,
    )

    def watch() -> None:
        if not (reached := atoms.get_temperature()) < BLOWN * kelvin:
            raise failed("F025", block=block, kelvin=reached, asked=kelvin)

    motion.attach(watch)
    try:
        motion.run(BLOCK * finer)
    except CalculationFailed as error:  # atoms that fly apart meet again: what the engine says then is no better
        if fault_of(str(error)) == "F025":
            raise
        raise failed("F025", block=block, kelvin=atoms.get_temperature(), asked=kelvin) from error
    return float(atoms.get_potential_energy())
