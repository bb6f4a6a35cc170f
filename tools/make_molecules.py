"""Make the geometries in ``potash/structures/data/molecules`` from their identities.

Every file there states who a molecule is (SMILES, charge, source). This script adds where
its atoms are: conformers by RDKit's ETKDGv3, each relaxed with GFN2-xTB as a singlet, those
within 20 meV of the lowest relaxed ten times further (methyl groups turn on less than
0.01 eV/Å), the lowest one kept. Needs ``rdkit`` and ``tblite`` beside what potash itself needs.

    python tools/make_molecules.py            # all molecules, tens of minutes on one core
    python tools/make_molecules.py EC PC FEC
"""

import os
from importlib.metadata import version
from math import inf
from operator import itemgetter
from pathlib import Path
from typing import Annotated

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read on import; threads slow small molecules down

import typer
import yaml
from ase import Atoms
from ase.calculators.calculator import CalculationFailed
from ase.optimize import BFGS
from rich.progress import track
from tblite.ase import TBLite

from potash.structures.smiles import conformers

FOLDER = Path(__file__).parents[1] / "potash" / "structures" / "data" / "molecules"
METHOD = "RDKit ETKDGv3 conformers, lowest by GFN2-xTB after relaxation"
WINDOW = 0.02  # eV


def relax(atoms: Atoms, charge: int, fmax: float) -> float:
    """Relax a molecule in place with GFN2-xTB (doi:10.1021/acs.jctc.8b01176).

    Parameters
    ----------
    atoms
        The molecule; ends with its centre of mass at the origin.
    charge
        Its charge in e. It is taken as a singlet.
    fmax
        Largest force left on an atom, in eV/Å.

    Returns
    -------
    float
        Total energy in eV; infinite where the conformer led nowhere: atoms embedded too
        close for the electrons to converge, or not relaxed in 500 steps.
    """
    atoms.calc = TBLite(method="GFN2-xTB", charge=charge, multiplicity=1, verbosity=0)
    try:
        converged = BFGS(atoms, logfile=None).run(fmax=fmax, steps=500)
    except CalculationFailed:
        return inf
    if not converged:
        return inf
    atoms.translate(-atoms.get_center_of_mass())
    return float(atoms.get_potential_energy())


def geometry_block(atoms: Atoms, energy: float, tried: int) -> str:
    """Write the ``geometry`` key of a molecule's file, one row an atom."""
    versions = ", ".join(f"{name}: '{version(name)}'" for name in ("rdkit", "tblite", "ase"))
    rows = (f"    - [{atom.symbol + ',':<3}{atom.x:>10.5f},{atom.y:>10.5f},{atom.z:>10.5f}]" for atom in atoms)
    lines = [
        "geometry:",
        f"  method: {METHOD}",
        f"  versions: {{{versions}}}",
        f"  energy: {energy:.5f}  # GFN2-xTB, eV",
        f"  conformers_tried: {tried}",
        "  atoms:  # Å",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def make(path: Path, tries: int, seed: int, fmax: float) -> str:
    """Put the lowest conformer of one molecule into its file; say in a line how it went."""
    identity = path.read_text("utf-8").partition("geometry:\n")[0]
    facts = yaml.safe_load(identity)
    charge = facts["charge"]
    candidates = conformers(facts["smiles"], tries, seed, alike=0.1)
    rough = [relax(atoms, charge, 10 * fmax) for atoms in track(candidates, f"{facts['name']:>8}", transient=True)]
    near = [atoms for atoms, energy in zip(candidates, rough, strict=True) if energy < min(rough) + WINDOW]
    if not near:
        return f"{facts['name']}: no conformer of {len(candidates)} relaxed; file left as it was"
    energy, lowest = min(((relax(atoms, charge, fmax), atoms) for atoms in near), key=itemgetter(0))
    path.write_text(identity + geometry_block(lowest, energy, len(candidates)), "utf-8")
    return f"{facts['name']}: {energy:.5f} eV, lowest of {len(candidates)} conformers"


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Molecules; all if none.")] = None,
    tries: Annotated[int, typer.Option(help="Embeddings a molecule.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the embedding.")] = 1,
    fmax: Annotated[float, typer.Option(help="Largest force left, eV/Å.")] = 0.001,
) -> None:
    """Make the geometries of potash's molecules (RDKit, then GFN2-xTB)."""
    known = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
    if unknown := set(names or ()) - set(known):
        raise typer.BadParameter(f"no file for {', '.join(sorted(unknown))} in {FOLDER}")
    for name in names or known:
        typer.echo(make(known[name], tries, seed, fmax))


if __name__ == "__main__":
    typer.run(main)
