"""Read the benchmark's trajectory with solvation-analysis: coordination numbers, shells, and how long it took.

Run with the Python that solvation-analysis is installed in: ``python theirs.py FOLDER FRAMES CUTOFFS`` prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import MDAnalysis as mda  # noqa: N813  (its own name)
import numpy as np


def main(folder: Path, frames: int, cutoffs: dict[str, float]) -> None:
    """Read and print."""
    from solvation_analysis._column_names import COUNT
    from solvation_analysis.solute import Solute

    told = np.load(folder / "run.npz")
    owners, names, elements = told["owners"], told["names"], told["elements"]
    began = time.process_time()
    universe = mda.Universe.empty(
        len(owners), int(owners.max()) + 1, atom_resindex=owners, residue_segindex=np.zeros(int(owners.max()) + 1, int)
    )
    universe.add_TopologyAttr("elements", elements)
    universe.add_TopologyAttr("types", elements)
    universe.add_TopologyAttr("names", names)
    universe.load_new(str(folder / "run.dcd"))
    groups = {"DME": universe.atoms[names == "DME"], "FSI": universe.atoms[names == "FSI-"]}
    held = {name: group[np.isin(group.elements, ["O"])] for name, group in groups.items()}
    solute = Solute.from_atoms(
        universe.atoms[elements == "K"], held, solute_name="K", radii=cutoffs, rdf_run_kwargs={"stop": frames}
    )
    solute.run(stop=frames)
    shells = {
        json.dumps({name: int(row[name]) for name in ("DME", "FSI")}): float(row[COUNT])
        for _, row in solute.speciation.speciation_fraction.reset_index().iterrows()
    }
    seconds = time.process_time() - began
    peaks = {name: float(data[1].max()) for name, data in solute.rdf_data["K"].items()}
    print(
        json.dumps(
            {"seconds": seconds, "numbers": solute.coordination.coordination_numbers, "shells": shells, "peaks": peaks}
        )
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
