"""GPAW: plane waves for solids; LCAO for the shapes of molecules, a grid of real space for their levels."""

from __future__ import annotations

import re
from importlib import metadata
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from potash.calcs import launch
from potash.calcs.engine import Cost, Electrons, Levels, Planar, Settings, kpoints, sort_of, tail
from potash.calcs.folding import ROOM
from potash.calcs.gpaw_solver import patient, told
from potash.calcs.spins import multiplicity
from potash.errors import BadInput
from potash.structures.symmetry import PRECISION

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

    from potash.calcs.folding import Group

#: Valence electrons of GPAW's default PBE setups, for estimates alone.
VALENCE = {"H": 1, "Li": 1, "B": 3, "C": 4, "N": 5, "O": 6, "F": 7, "Na": 7, "Al": 3, "Si": 4, "P": 5, "S": 6,
           "Cl": 7, "K": 9, "V": 13, "Cr": 6, "Mn": 15, "Fe": 8, "Co": 9, "Ni": 16, "Cu": 11, "Zn": 12, "Ge": 4, "Se": 6, "Sn": 14, "Sb": 15, "Bi": 15}  # fmt: skip


#: Grid points per Å³ at a cutoff of 350 eV.
GRID = 94.0
#: Core-seconds of a call per k-point, band and grid point: 2026-11, one core of a two-core virtual machine. Calls of slabs and
#: crystals with a vacancy took between a half and twice as long.
PACE = 4e-6
#: The same on a grid of real space, per spin, band and grid point: water, 2026-11, on the same machine.
PACE_GRID = 1e-5


#: Empty states of a molecule, where the basis does not say how many there are; all but one are converged.
BESIDE = 3
#: Empty states that are converged: so many at least, else this share of the occupied ones; and spare ones that are not.
EMPTY = (4, 0.25)
SPARE = 4
#: To so much are they converged in a fixed potential, in eV² per valence electron.
LEVELS = 1e-6


class Gpaw:
    """The engine GPAW (https://gpaw.readthedocs.io)."""

    name = "gpaw"
    install = "pip install 'potash[gpaw]' (after apt-get install libxc-dev libopenblas-dev libopenmpi-dev openmpi-bin)"
    splits = True
    folds = True
    stays = False

    def version(self) -> str:
        """Name the versions of GPAW and of its setups."""
        try:
            gpaw = metadata.version("gpaw")
        except metadata.PackageNotFoundError:
            raise BadInput(f"the engine gpaw is not installed: {self.install}") from None
        try:
            return f"{gpaw} (setups {metadata.version('gpaw-data')})"
        except metadata.PackageNotFoundError:
            return gpaw

    def complete(self, atoms: Atoms, settings: Settings) -> Settings:
        """Turn the spacing into divisions; leave out what the mode does not use; find a molecule's unpaired electrons.

        Raises
        ------
        BadInput
            For a mode that there is not, or not for these atoms, and a multiplicity that a molecule's electrons do not allow.
        """
        done = dict(settings)
        alone = sort_of(atoms) == "molecule"
        spacing = done.pop("spacing")
        done.setdefault("kpoints", kpoints(atoms, spacing))
        # Divisions off Γ sample better where the cell is orthogonal; elsewhere they break the symmetry.
        done["gamma"] = not np.allclose(atoms.cell.angles(), 90.0)
        if done["mode"] == "pw":
            unused: tuple[str, ...] = ("basis", "grid", "vacuum")
        elif done["mode"] == "lcao":
            unused = ("cutoff", "kpoints", "gamma") if alone else ("cutoff", "vacuum")
        elif done["mode"] == "fd" and alone:
            unused = ("cutoff", "kpoints", "gamma", "basis")
        else:
            raise BadInput(f"no GPAW mode '{done['mode']}' (known: pw, lcao; for molecules fd too)")
        if alone and done["mode"] == "pw" and done["charge"]:
            raise BadInput("a charged molecule needs open boundaries: the modes fd and lcao have them, pw has not")
        if (unpaired := _unpaired(atoms, done)) > 0:
            done["multiplicity"] = 1 + unpaired
        return {key: value for key, value in done.items() if key not in unused}

    def launcher(self, cores: int) -> list[str]:
        """Run all ranks in one MPI job."""
        return [*launch.mpi(cores), *launch.python()]

    def environment(self) -> dict[str, str]:
        """Let GPAW's own MPI interface start under mpiexec."""
        return {**launch.environment(), "GPAW_MPI_BACKEND": "cgpaw"}

    def calculator(
        self, atoms: Atoms, settings: Settings, folder: Path, communicator: Any = None, group: Group | None = None
    ) -> Calculator:
        """Make the calculator; its text goes to ``gpaw.1.txt``, one file a start and group of ranks.

        Among the settings, ``solver`` is what remedies change in how the answer is found: see `calcs.gpaw_solver`.
        """
        from gpaw import GPAW
        from gpaw.mpi import world

        ranks = "" if communicator is None else f"-{world.rank // communicator.size + 1}"
        parameters: dict[str, Any] = {
            "xc": settings["functional"],
            "mode": {"name": "pw", "ecut": settings["cutoff"]} if settings["mode"] == "pw" else settings["mode"],
            "occupations": {"name": "fermi-dirac", "width": settings["smearing"]},
            "convergence": settings["convergence"],
            "symmetry": _own(settings) if group is None else _folding(group),
            "txt": str(_free(folder, f"gpaw{ranks}", ".txt")),
        }
        if communicator is not None:
            parameters["communicator"] = communicator
        if settings["charge"]:
            parameters["charge"] = settings["charge"]
        if settings["mode"] == "lcao":
            parameters |= {"basis": settings["basis"], "h": settings["grid"]}
        unpaired = settings.get("multiplicity", 1) - 1
        if settings["mode"] == "fd":
            parameters["h"] = settings["grid"]
        if sort_of(atoms) == "molecule":
            parameters |= _bands(settings, unpaired)
        if unpaired:
            parameters["magmoms"] = [unpaired / len(atoms)] * len(atoms)
            parameters["occupations"] = {**parameters["occupations"], "fixmagmom": True}
        if "kpoints" in settings:
            parameters["kpts"] = {"size": settings["kpoints"], "gamma": settings["gamma"]}
        if settings.get("hubbard"):
            parameters["setups"] = {element: f":d,{u}" for element, u in settings["hubbard"].items()}
        if settings.get("dipole"):
            parameters["poissonsolver"] = {"dipolelayer": "xy"}
        if settings.get("legacy"):
            parameters["legacy_gpaw"] = True
        if solver := settings.get("solver"):
            return cast("Calculator", patient(GPAW(**{**parameters, **told(solver, parameters)}), solver))
        return cast("Calculator", GPAW(**parameters))

    def levels(self, atoms: Atoms, calculator: Any) -> Levels:
        """Read the higher HOMO and the lower LUMO of both spins.

        On a grid of real space and in LCAO a molecule's box is open: its potential vanishes at infinity (GPAW takes a
        charge's own out before it solves Poisson's equation), and levels need no shift. With plane waves the mean potential
        at the box's faces becomes zero.
        """
        from potash.calcs.gpaw_states import carriers, contamination, frontier

        homo, lumo = frontier(calculator)
        impure, parts = contamination(calculator), carriers(atoms, calculator)
        if calculator.dft.params.mode.name != "pw":
            return Levels(homo, lumo, contamination=impure, carriers=parts)
        potential = calculator.get_electrostatic_potential()
        faces = np.concatenate([np.take(potential, (0, -1), axis=axis).ravel() for axis in range(3)])
        vacuum = float(faces.mean())
        return Levels(homo - vacuum, lumo - vacuum, vacuum, float(faces.std()), impure, parts)

    def potential(self, atoms: Atoms, calculator: Any) -> Planar:
        """Average the electrostatic potential over the planes of the slab."""
        planar = calculator.get_electrostatic_potential().mean(axis=(0, 1))
        height = float(atoms.cell.array[2, 2])
        z = np.arange(len(planar)) * height / len(planar)
        return Planar(z.tolist(), [float(value) for value in planar], float(calculator.get_fermi_level()))

    def electrons(self, calculator: Any, settings: Settings, folder: Path, options: Settings) -> Electrons:
        """Diagonalise in the converged potential on a denser grid of k-points, with more empty states than a total energy needs."""
        from potash.calcs.gpaw_states import edges, projected

        atoms = calculator.atoms
        occupied = ceil(calculator.get_number_of_electrons() / 2)
        wanted = occupied + max(EMPTY[0], ceil(EMPTY[1] * occupied))
        denser = options["denser"]
        finer = calculator.fixed_density(
            kpts={
                "size": [n * denser if p else n for n, p in zip(settings["kpoints"], atoms.pbc, strict=True)],
                "gamma": settings["gamma"] or denser > 1,  # extrema of bands are likelier at Γ than beside it
            },
            nbands=wanted + SPARE if settings["mode"] == "pw" else "nao",
            convergence={"eigenstates": LEVELS, "bands": wanted},
            update_fermi_level=True,
            txt=str(_free(folder, "states", ".txt")),
        )
        planar = self.potential(atoms, calculator)
        levels = finer.dos(shift_fermi_level=False).eig_skn[:, :, :wanted]
        fermi = float(finer.get_fermi_level())
        energies, states = projected(finer, options)
        return Electrons(
            planar.z,
            planar.planar,
            fermi,
            energies,
            states,
            float(levels[:, :, -1].min()) - fermi,
            edges(levels, fermi),
        )

    def charges(self, atoms: Atoms, settings: Settings, folder: Path) -> list[float]:
        """Partition the all-electron density after Hirshfeld (doi:10.1007/BF00549096).

        GPAW 26.7 does this in its legacy code alone, so that the density is computed there once more.
        """
        from gpaw.analyse.hirshfeld import HirshfeldPartitioning

        calculator = self.calculator(atoms, {**settings, "legacy": True}, folder)
        calculator.get_potential_energy(atoms)
        return [float(charge) for charge in HirshfeldPartitioning(calculator).get_charges()]

    def density(self, atoms: Atoms, calculator: Any, voxel: float) -> np.ndarray | None:
        """Read the density of all electrons.

        What points so far apart miss of the cores, GPAW adds at the point nearest to each nucleus, so that every atom's
        electrons are whole: that point lies deep in the atom's own basin. GPAW makes the smooth density finer by its
        Fourier series, which rings where it is thin and makes maxima that are none; splines stand in for that.
        """
        from ase.parallel import world

        densities = calculator.dft.densities()
        whole = densities.all_electron_densities(grid_spacing=voxel).gather()
        ringing = densities.pseudo_densities(grid_spacing=voxel, add_compensation_charges=False).gather()
        smooth = densities.pseudo_densities(add_compensation_charges=False).gather()
        if whole is None or world.rank:
            return None
        cores = (whole.data - ringing.data).sum(axis=0)
        finer: np.ndarray = cores + _finer(smooth.data.sum(axis=0), cores.shape)
        return finer

    def electrostatics(self, atoms: Atoms, settings: Settings, folder: Path, points: np.ndarray) -> np.ndarray:
        """Refuse: its potential is known within its box."""
        raise BadInput("the engine gpaw gives no electrostatic potential of molecules at points here; use pyscf")

    def estimate(self, atoms: Atoms, settings: Settings) -> Cost:
        """Estimate from k-points, bands and grid points."""
        electrons = sum(VALENCE.get(symbol, 10) for symbol in atoms.symbols)
        bands = electrons / 2 * 1.15 + 4
        if settings["mode"] == "fd":
            return _on_grid(atoms, settings, electrons / 2 + BESIDE)
        if settings["mode"] == "lcao":
            return Cost(core_seconds=1.5 * len(atoms), memory=0.4 + 0.01 * len(atoms), cores=2)
        spins = 2 if atoms.get_initial_magnetic_moments().any() else 1
        points = spins * ceil(np.prod(settings["kpoints"]) / 2)
        grid = GRID * abs(atoms.cell.volume) * (settings["cutoff"] / 350.0) ** 1.5
        waves = 16 * points * bands * grid / 6
        return Cost(
            core_seconds=float(1 + PACE * points * bands * grid),
            memory=float(0.4 + 3 * waves / 2**30),
            cores=int(max(1, points)),
        )

    def fault(self, folder: Path) -> str | None:
        """Find the last error in the worker's output."""
        found = re.findall(r"^[\w.]*(?:Error|Exception)\b.*$", tail(folder / "worker.err"), re.MULTILINE)
        return found[-1] if found else None


def _unpaired(atoms: Atoms, settings: Settings) -> int:
    """Count a molecule's unpaired electrons; none where moments start from the atoms, as open-shell transition metals' do."""
    asked = settings.pop("multiplicity", None)
    if sort_of(atoms) != "molecule" or atoms.get_initial_magnetic_moments().any():
        return 0
    electrons = int(atoms.numbers.sum()) - round(settings["charge"])
    return multiplicity(atoms.get_chemical_formula(), electrons, settings["charge"], asked) - 1


def _bands(settings: Settings, unpaired: int) -> dict[str, Any]:
    """Ask for a molecule's lowest empty states, and for their convergence; in LCAO for all that the basis holds."""
    if settings["mode"] == "lcao":
        return {"nbands": "nao"}
    return {"nbands": -(BESIDE + unpaired), "convergence": {**settings["convergence"], "bands": 1 - BESIDE}}


def _on_grid(atoms: Atoms, settings: Settings, bands: float) -> Cost:
    spins = 2 if "multiplicity" in settings else 1
    points = abs(atoms.cell.volume) / settings["grid"] ** 3
    waves = 8 * spins * bands * points
    return Cost(
        core_seconds=float(1 + PACE_GRID * spins * bands * points), memory=float(0.4 + 6 * waves / 2**30), cores=4
    )


def _finer(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Interpolate a periodic function to another grid by cubic splines, one direction after the other."""
    from scipy.interpolate import CubicSpline

    for axis, count in enumerate(shape):
        closed = np.concatenate([values, np.take(values, [0], axis)], axis)
        places = np.linspace(0, 1, closed.shape[axis])
        values = CubicSpline(places, closed, axis, bc_type="periodic")(np.arange(count) / count)
    return values


def _own(settings: Settings) -> dict[str, Any]:
    """Let GPAW look for the symmetry itself, or for none; files give positions with few digits."""
    return {"point_group": True, "tolerance": PRECISION} if settings.get("symmetry") else {"point_group": False}


def _folding(group: Group) -> dict[str, Any]:
    """Give a group in GPAW's words; it looks for none of its own, which might turn what is frozen."""
    return {
        "rotations": np.ascontiguousarray(group.rotations.transpose(0, 2, 1)),
        "translations": np.zeros((len(group.rotations), 3)),
        "atommaps": group.images,
        "tolerance": 2 * ROOM,
    }


def _free(folder: Path, stem: str, suffix: str) -> Path:
    """Name a file that does not exist yet, so that a second start keeps the first one's output."""
    number = 1
    while (path := folder / f"{stem}.{number}{suffix}").exists():
        number += 1
    return path
