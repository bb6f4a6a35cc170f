"""Molecular dynamics of a liquid: to its density, to rest, and on; block by block, going on exactly after any stop."""

from __future__ import annotations

import base64
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from ase import Atoms, units
from openmm import unit

from potash.calcs.currents import LOOK, WAVES, Currents
from potash.calcs.expected import TO_DENSITY
from potash.calcs.faults import failed
from potash.calcs.frames import Frames
from potash.calcs.mechanics import NM, system
from potash.calcs.openmm import platform
from potash.calcs.stage import Stage
from potash.calcs.vault import write
from potash.errors import CalculationFailed
from potash.stationary import Rest, rest
from potash.structures.boxes import CUBIC
from potash.structures.encoding import encode
from potash.structures.forcefields import Rules
from potash.structures.topology import Topology

#: Steps of a block: its end is kept on disk; and of the samples of density and energy within it.
BLOCK, SAMPLE = 1000, 100
#: The barostat is asked every so many steps.
PRESS = 25
#: Iterations of the minimiser: enough to part atoms that Packmol put too near.
DESCENT = 200
#: Kinetic energy of so many times the temperature that was asked for is no physics.
BLOWN = 3.0
#: One eV in kJ/mol.
EV = units.mol / units.kJ
FILE, TRAJECTORY, CURRENTS = "dynamics.json", "production.dcd", "currents.c64"
#: Phases in words.
PHASES = {"density": "to the density", "rest": "rest", "production": "production", "done": "done"}
#: The pace is that of so many blocks.
RECENT = 10
#: The mean density must be known to this part of itself before it is said to be at rest; energies to this part.
KNOWN = {"density": 0.003, "energy": 0.01}


@dataclass
class Run:
    """Where a run is: what its file says.

    Attributes
    ----------
    phase
        ``density``, ``rest`` or ``production``.
    block
        How many blocks of the phase are done; ``blocks``: of all phases.
    positions, velocities
        (n, 3), in nm and nm/ps.
    edges
        Of the box, in Å.
    series
        By phase: samples of ``density`` (g/cm³), ``energy`` (potential, kJ/mol) and ``temperature`` (K).
    checkpoint
        OpenMM's own, where the integrator has a memory beside positions and velocities.
    frames, samples
        Of the trajectory, and of the currents, that are on disk.
    seconds, steps
        Spent so far.
    """

    positions: list[list[float]]
    edges: list[float]
    velocities: list[list[float]] | None = None
    phase: str = "density"
    block: int = 0
    blocks: int = 0
    series: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    checkpoint: str | None = None
    frames: int = 0
    samples: int = 0
    seconds: float = 0.0
    steps: int = 0


def dynamics(
    atoms: Atoms, settings: dict[str, Any], options: dict[str, Any], folder: Path, stop: Callable[[], None]
) -> dict[str, Any]:
    """Bring a box to its density, let it rest, and follow it.

    A block begins with a new context and random numbers seeded by its number, or with OpenMM's checkpoint: a run that was
    stopped or killed takes the very steps that it would have taken, on the same platform.

    Parameters
    ----------
    atoms
        The box; molecules whole.
    settings
        As in ``protocols/openmm.yaml``.
    options
        ``topology`` (`Topology.plain`), ``parameters`` of each species, ``rules`` (`structures.forcefields.Rules` as a
        mapping), ``temperature`` (K), ``pressure`` (bar),
        ``longest`` (ns): the longest time to the density; ``rest`` and ``production`` (ns), ``interval`` (ps) between
        frames, ``seed``; ``volume``: ``free``, or ``fixed`` where the box has its density already; ``viscosity``: whether
        the currents that tell it are kept.
    folder
        Where the run's record and its trajectory are kept.
    stop
        Called between blocks: raises where a stop is asked for.

    Returns
    -------
    dict
        ``atoms`` (the last frame), ``energy`` (the mean potential energy of the production, eV), ``series`` by phase,
        ``edges`` (Å), ``frames``, ``interval`` (ps), ``trajectory`` (a file's name), ``currents`` (a file's name, or None)
        with its ``waves`` and ``look`` (ps between samples), ``mass`` (amu), ``ns_per_day`` and ``platform``, ``calls`` (steps) and ``seconds``.
    """
    record = folder / FILE
    told = json.loads(record.read_text(encoding="utf-8")) if record.exists() else None
    lengths = [float(edge) for edge in atoms.cell.lengths()]
    run = Run(**told) if told else Run((atoms.positions * NM).tolist(), lengths)
    if told is None and options["volume"] == "fixed":
        run.phase = "rest"
    work = _Work(Topology.read(options["topology"]), settings, options, folder)
    while run.phase != "done":
        stop()
        work.advance(run)
        write(record, run.__dict__)
        work.stage(run).write(folder)
    return _result(run, atoms, work)


class _Work:
    """One run's machinery: what does not change from block to block."""

    def __init__(self, topology: Topology, settings: dict[str, Any], options: dict[str, Any], folder: Path) -> None:
        self.topology, self.settings, self.options = topology, settings, options
        self.rules = Rules(**options["rules"])
        self.step = settings["timestep"] / 1000
        self.interval = max(1, round(options["interval"] / self.step))
        self.block = self.interval * max(1, round(BLOCK / self.interval))
        self.masses = np.array([mass for kind in topology.kinds for mass in options["parameters"][kind]["masses"]])
        self.mass = float(self.masses.sum())
        self.frames = Frames(folder / TRAJECTORY, len(topology.elements), interval=self.interval, timestep=self.step)
        self.currents = Currents(folder / CURRENTS, topology, self.masses) if options["viscosity"] else None
        most = max(1, int(LOOK / self.step + 1e-9))
        self.look = next(steps for steps in range(most, 0, -1) if self.interval % steps == 0)
        self.platform = platform()
        self.recent: deque[tuple[int, float]] = deque(maxlen=RECENT)

    def advance(self, run: Run) -> None:
        """Make one block, and go over to the next phase where this one is at its end."""
        began, before = time.monotonic(), run.steps
        {"density": self._density, "rest": self._rest, "production": self._production}[run.phase](run)
        run.block += 1
        run.blocks += 1
        self.recent.append((run.steps - before, time.monotonic() - began))
        run.seconds += self.recent[-1][1]
        over = {"density": self._is_dense, "rest": self._is_rested, "production": self._is_over}[run.phase]
        if over(run):
            run.phase = {"density": "rest", "rest": "production", "production": "done"}[run.phase]
            run.block = 0

    def stage(self, run: Run) -> Stage:
        """Say how far the run is, and by the pace of its last blocks how long it will go on."""
        steps, seconds = (sum(each) for each in zip(*self.recent, strict=True))
        pace = steps * self.step / 1000 / seconds  # ns/s
        spans = {name: self.options[name] for name in ("rest", "production")}
        done = run.block * (self.block if run.phase == "production" else BLOCK) * self.step / 1000
        if run.phase == "density":
            spans["density"] = min(max(TO_DENSITY, 1.25 * done), self.options["longest"])
        order = list(PHASES)
        ahead = sum(span for name, span in spans.items() if order.index(name) >= order.index(run.phase))
        return Stage(
            steps=run.steps,
            phase=PHASES[run.phase],
            span=run.steps * self.step / 1000,
            pace=pace * 86400,
            left=max(0.0, ahead - done) / pace,
            told=time.time(),
        )

    def _density(self, run: Run) -> None:
        """Run at constant pressure."""
        self._walk(run, self._langevin(run, press=True), BLOCK, SAMPLE)

    def _rest(self, run: Run) -> None:
        """Run at constant volume, after the box was given its mean density."""
        if run.block == 0 and run.series.get("density"):
            self._resize(run)
        self._walk(run, self._langevin(run, press=False), BLOCK, SAMPLE)

    def _production(self, run: Run) -> None:
        """Follow the liquid by Nosé and Hoover's thermostat, which leaves its motion alone."""
        if run.block == 0:
            run.velocities = self._at_rest(run)
        self.frames.keep(run.frames)
        integrator = openmm.NoseHooverIntegrator(self.options["temperature"], self.settings["friction"], self.step)
        context = self._context(run, integrator, press=False)
        self._remember(run, context)
        samples: list[np.ndarray] = []
        if self.currents is not None:
            self.currents.keep(run.samples)
        seen = self._walk(run, context, self.block, self.interval, samples)
        run.checkpoint = base64.b64encode(context.createCheckpoint()).decode()
        self.frames.append(seen, run.edges, run.frames)
        run.frames += len(seen)
        if self.currents is not None:
            self.currents.append(samples)
            run.samples += len(samples)

    def _at_rest(self, run: Run) -> list[list[float]]:
        """Give the velocities without that of the whole box."""
        velocities = np.array(run.velocities)
        still: list[list[float]] = (velocities - self.masses @ velocities / self.mass).tolist()
        return still

    def _remember(self, run: Run, context: openmm.Context) -> None:
        """Give the thermostat its memory back; one of another platform or version is none, and it begins anew."""
        if run.checkpoint is None:
            return
        try:
            context.loadCheckpoint(base64.b64decode(run.checkpoint))
        except openmm.OpenMMException:
            context.setPositions(np.array(run.positions))
            context.setVelocities(np.array(run.velocities))

    def _langevin(self, run: Run, *, press: bool) -> openmm.Context:
        integrator = openmm.LangevinMiddleIntegrator(self.options["temperature"], self.settings["friction"], self.step)
        integrator.setRandomNumberSeed(self._seed(run, 1))
        return self._context(run, integrator, press=press)

    def _context(self, run: Run, integrator: Any, *, press: bool) -> openmm.Context:
        """Make a context where the run is now; the first one takes the atoms apart and draws velocities."""
        made = system(self.topology, self.options["parameters"], self.rules, run.edges, self.settings)
        if press:
            barostat = openmm.MonteCarloBarostat(self.options["pressure"], self.options["temperature"], PRESS)
            barostat.setRandomNumberSeed(self._seed(run, 2))
            made.addForce(barostat)
        integrator.setConstraintTolerance(1e-6)
        context = openmm.Context(made, integrator, *self.platform)
        context.setPositions(np.array(run.positions))
        if run.velocities is None:
            openmm.LocalEnergyMinimizer.minimize(context, maxIterations=DESCENT)
            context.setVelocitiesToTemperature(self.options["temperature"], self._seed(run, 3))
        else:
            context.setVelocities(np.array(run.velocities))
        return context

    def _seed(self, run: Run, use: int) -> int:
        """Give random numbers a seed of their own in each block; 0 would be no seed."""
        return 1 + int(np.random.default_rng([self.options["seed"], run.blocks, use]).integers(2**31 - 2))

    def _walk(
        self, run: Run, context: openmm.Context, steps: int, every: int, samples: list[np.ndarray] | None = None
    ) -> list[np.ndarray]:
        """Take steps, note density, energy and temperature, and give the positions (Å) at each sample; add the currents."""
        series = run.series.setdefault(run.phase, {"density": [], "energy": [], "temperature": []})
        seen = []
        degrees = 3 * len(self.topology.elements) - context.getSystem().getNumConstraints() - 3
        for _ in range(steps // every):
            try:
                self._stride(run, context, every, samples)
                state = context.getState(positions=True, velocities=True, energy=True)
            except openmm.OpenMMException as error:
                raise failed(
                    "F025", block=run.blocks, kelvin=float("nan"), asked=self.options["temperature"]
                ) from error
            kinetic = state.getKineticEnergy().value_in_unit(unit.kilojoule_per_mole)
            kelvin = 2 * kinetic / (degrees * units.kB * EV)
            if not kelvin < BLOWN * self.options["temperature"]:
                raise failed("F025", block=run.blocks, kelvin=kelvin, asked=self.options["temperature"])
            volume = state.getPeriodicBoxVolume().value_in_unit(unit.angstrom**3)
            series["density"].append(self.mass / volume / CUBIC)
            series["energy"].append(state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole))
            series["temperature"].append(kelvin)
            seen.append(state.getPositions(asNumpy=True).value_in_unit(unit.angstrom))
        run.positions = (seen[-1] * NM).tolist()
        run.velocities = state.getVelocities(asNumpy=True).value_in_unit(unit.nanometer / unit.picosecond).tolist()
        run.edges = np.diag(state.getPeriodicBoxVectors(asNumpy=True).value_in_unit(unit.angstrom)).tolist()
        run.steps += steps
        return seen

    def _stride(self, run: Run, context: openmm.Context, steps: int, samples: list[np.ndarray] | None) -> None:
        """Take steps from one sample of the energy to the next, and look at the currents in between."""
        if samples is None or self.currents is None:
            context.getIntegrator().step(steps)
            return
        for _ in range(steps // self.look):
            context.getIntegrator().step(self.look)
            state = context.getState(positions=True, velocities=True)
            positions = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
            velocities = state.getVelocities(asNumpy=True).value_in_unit(unit.nanometer / unit.picosecond)
            samples.append(self.currents.of(positions, velocities, run.edges[0] * NM))

    def _is_dense(self, run: Run) -> bool:
        """Say whether density and energy drift no more; refuse to go on for ever."""
        found = settled(run.series["density"])
        if found is not None:
            return True
        if run.block * BLOCK * self.step >= self.options["longest"] * 1000:
            last = rest(run.series["density"]["density"])
            said = (
                "too few samples"
                if last is None
                else (f"{last.mean:.4f} ± {last.error:.4f} g/cm³, drifting by {last.drift:+.4f} over its second half")
            )
            raise CalculationFailed(
                f"the density did not come to rest within {self.options['longest']:g} ns ({said}): "
                "give a longer 'longest', or a higher temperature"
            )
        return False

    def _resize(self, run: Run) -> None:
        """Give the box the mean density of the series' second half, molecules moved as a whole."""
        found = rest(run.series["density"]["density"])
        assert found is not None
        volume = self.mass / found.mean / CUBIC
        factor = (volume / float(np.prod(run.edges))) ** (1 / 3)
        positions = np.array(run.positions)
        belongs = self.topology.molecules
        centres = np.array([np.bincount(belongs, positions[:, axis]) for axis in range(3)]).T
        centres /= np.bincount(belongs)[:, None]
        run.positions = (positions + (centres * (factor - 1))[belongs]).tolist()
        run.edges = [edge * factor for edge in run.edges]

    def _is_rested(self, run: Run) -> bool:
        return bool(run.block * BLOCK * self.step >= self.options["rest"] * 1000)

    def _is_over(self, run: Run) -> bool:
        return bool(run.frames * self.interval * self.step >= self.options["production"] * 1000 - 1e-9)


def settled(series: dict[str, list[float]]) -> dict[str, Rest] | None:
    """Give what says that a run at constant pressure has come to rest, by its density and by its energy; None if not."""
    found = {name: rest(series[name]) for name in KNOWN}
    if all(each is not None and each.passes(KNOWN[name]) for name, each in found.items()):
        return {name: each for name, each in found.items() if each is not None}
    return None


def _result(run: Run, atoms: Atoms, work: _Work) -> dict[str, Any]:
    last = atoms.copy()
    last.set_cell(run.edges)
    last.positions = np.array(run.positions) / NM
    return {
        "atoms": encode(last),
        "energy": float(np.mean(run.series["production"]["energy"])) / EV,
        "series": run.series,
        "edges": run.edges,
        "frames": run.frames,
        "interval": work.interval * work.step,
        "trajectory": TRAJECTORY,
        "currents": None if work.currents is None else CURRENTS,
        "waves": WAVES.tolist(),
        "look": work.look * work.step,
        "mass": work.mass,
        "ns_per_day": run.steps * work.step / 1000 / run.seconds * 86400,
        "platform": work.platform[0].getName(),
        "calls": run.steps,
        "seconds": run.seconds,
    }
