"""The methods: each relaxes a first path to a band whose highest image is the saddle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase.calculators.calculator import Calculator, all_changes
from cases import engine

from potash.structures.encoding import decode, encode

if TYPE_CHECKING:
    from ase import Atoms

#: Every method stops, by its own criterion, at this force, in eV/Å.
FORCE = 0.05
#: Bands relax without climbing until their forces are below this, in eV/Å.
CLIMB_BELOW = 0.5
#: More steps than any band here should take.
STEPS = 1000
#: The interpreter of CatLearn's environment.
CATLEARN = "POTASH_BANDS_CATLEARN"


@dataclass
class Tally:
    """The force calls of one run: those between the ends, and 2 for the ends, whoever asks for them how often.

    A structure that is asked for again is no new call: any code could have kept it. Its ``seconds`` are of the
    processor: other work on the machine does not count.
    """

    ends: tuple[Atoms, Atoms]
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    known: dict[bytes, dict[str, Any]] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """How many different structures were asked for, the ends among them."""
        return len(self.known.keys() | {_mark(end) for end in self.ends})

    def call(self, atoms: Atoms, engine: Calculator) -> dict[str, Any]:
        """Ask the engine for energy and forces, unless they are known."""
        mark = _mark(atoms)
        if mark not in self.known:
            began = time.process_time()
            bare = atoms.copy()
            bare.set_constraint()
            bare.calc = engine
            energy = float(bare.get_potential_energy())
            self.known[mark] = {"energy": energy, "free_energy": energy, "forces": bare.get_forces()}
            self.seconds += time.process_time() - began
        return self.known[mark]


def _mark(atoms: Atoms) -> bytes:
    return bytes(atoms.positions.tobytes())


class Counted(Calculator):
    """An engine whose calls are counted."""

    implemented_properties = ["energy", "free_energy", "forces"]  # noqa: RUF012  (ASE declares it so)

    def __init__(self, engine: Calculator, tally: Tally) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.engine = engine
        self.tally = tally

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Count the call and make it."""
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        assert self.atoms is not None
        self.results = dict(self.tally.call(self.atoms, self.engine))


@dataclass(frozen=True)
class Band:
    """What a method found: its images (ends included), their energies in eV, the saddle's index."""

    images: list[Atoms]
    energies: list[float]
    saddle: int
    converged: bool


#: Makes one counted calculator an image.
Recorder = Callable[[], Counted]
#: Relaxes a first path with a stiffness of the springs (eV/Å²).
Method = Callable[[list["Atoms"], Recorder, float], Band]


def elastic_band(optimiser: str, *, force: float = FORCE, dynamic: bool = False, **options: Any) -> Method:
    """ASE's climbing-image band with improved tangents (doi:10.1063/1.1323224).

    Parameters
    ----------
    optimiser
        ``FIRE`` or ``BFGS``.
    force
        Where it stops, in eV/Å.
    dynamic
        Images below the limit are not called again; the limit grows with the distance from the saddle
        (``scale_fmax=1``, as ASE's documentation has it; doi:10.1021/acs.jctc.9b00633).
    options
        Of the optimiser.
    """

    def run(path: list[Atoms], recorder: Recorder, k: float) -> Band:
        from ase import optimize
        from ase.mep import NEB, DyNEB

        for image in path:
            image.calc = recorder()
        band: Any
        if dynamic:
            # Its own limit is the last one from the start: with a coarse limit images freeze in kinks.
            band = DyNEB(path, k=k, fmax=force, scale_fmax=1.0, method="improvedtangent")
        else:
            band = NEB(path, k=k, method="improvedtangent")
        moves = getattr(optimize, optimiser)(band, logfile=None, **options)
        moves.run(fmax=CLIMB_BELOW, steps=STEPS)
        band.climb = True
        converged = moves.run(fmax=force, steps=max(0, STEPS - moves.nsteps))
        energies = [float(image.get_potential_energy()) for image in path]
        return Band(path, energies, _highest(energies), bool(converged))

    return run


def _highest(energies: list[float]) -> int:
    return max(range(1, len(energies) - 1), key=lambda index: energies[index])


def surrogate(prior: Calculator | None = None) -> Method:
    """Potash's own band on a Gaussian process, with springs of its own.

    Parameters
    ----------
    prior
        A calculator whose error the process learns, instead of the whole energy; its calls are not counted.
    """

    def run(path: list[Atoms], recorder: Recorder, k: float) -> Band:
        from potash.calcs.surrogate import surrogate

        options = {"images": len(path) - 2, "band_force": FORCE, "band_steps": 60, "certainty": 0.01}
        found = surrogate(path[0], path[-1], recorder, options, path=path, prior=prior)
        images = [decode(image) for image in found["images"]]
        return Band(images, found["energies"], found["saddle"], found["converged"])

    return run


def catlearn(path: list[Atoms], recorder: Recorder, k: float) -> Band:
    """CatLearn's ML-NEB (doi:10.1103/PhysRevLett.122.156001) with its own defaults, springs among them.

    It needs an old ASE and runs in an environment of its own; its force calls come back through a pipe, so that
    every method asks the same engine.
    """
    script = Path(__file__).with_name("catlearn_worker.py")
    python = os.environ.get(CATLEARN, sys.executable)
    for end in (path[0], path[-1]):
        end.calc = recorder()
    known = [{"energy": end.get_potential_energy(), "forces": end.get_forces().tolist()} for end in (path[0], path[-1])]
    task = {"path": [encode(image) for image in path], "ends": known, "force": FORCE, "steps": STEPS}
    atoms = path[0].copy()
    atoms.set_constraint()
    atoms.calc = recorder()
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "errors.txt").open("w+") as errors:
        process = subprocess.Popen(
            [python, str(script)], cwd=folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _say(process.stdin, task)
            for line in process.stdout:
                message = json.loads(line)
                if "versions" in message:
                    atoms.calc.tally.versions.update(message["versions"])
                elif "ask" in message:
                    atoms.positions = message["ask"]
                    forces = atoms.get_forces().tolist()
                    _say(process.stdin, {"energy": atoms.get_potential_energy(), "forces": forces})
                else:
                    return _answered(path, message)
        finally:
            process.kill()
            process.wait()
        errors.seek(0)
        raise RuntimeError(f"CatLearn stopped: {errors.read().strip().splitlines()[-1:]}")


def _say(pipe: Any, message: dict[str, Any]) -> None:
    pipe.write(json.dumps(message) + "\n")
    pipe.flush()


def _answered(path: list[Atoms], message: dict[str, Any]) -> Band:
    for image, positions in zip(path, message["positions"], strict=True):
        image.set_positions(positions, apply_constraint=False)
    energies = message["energies"]
    return Band(path, energies, _highest(energies), message["converged"])


#: What errors are taken from: the same band with more images, relaxed ten times as far, from a path without rattling.
REFERENCE = "reference"
REFERENCE_IMAGES = 11
#: The method that asks CHGNet beside the truth.
WITH_PRIOR = "potash+prior"

METHODS = ("NEB FIRE", "NEB BFGS", "DyNEB FIRE", "CatLearn", "potash", WITH_PRIOR)


def method(name: str, truth: str) -> Method:
    """Give a method, or the reference, by its name, for an engine that is taken for the truth."""
    match name:
        case "NEB FIRE":
            return elastic_band("FIRE")
        case "NEB BFGS":
            return elastic_band("BFGS", maxstep=0.1)
        case "DyNEB FIRE":
            return elastic_band("FIRE", dynamic=True)
        case "CatLearn":
            return catlearn
        case "potash":
            return surrogate()
        case "potash+prior":
            # A learned model that is not the truth itself.
            return surrogate(engine("chgnet" if truth == "emt" else "chgnet-r2scan")())
    return elastic_band("FIRE", force=FORCE / 10)


def environment(name: str, truth: str) -> str:
    """Say which engine's environment a run needs: ``emt`` (potash's own) or ``chgnet``."""
    return "chgnet" if name == WITH_PRIOR else truth
