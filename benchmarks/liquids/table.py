"""Set what the reference liquids came to beside what is published for their models.

potash run benchmarks/liquids/references.yaml --dir references
python benchmarks/liquids/table.py references | tee benchmarks/liquids/references.md
"""

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

#: Study, quantity, its unit, the published value, and where it is from.
PUBLISHED = [
    ("argon", "diffusion coefficient of Ar", 2.43e-9, "doi:10.1103/PhysRev.136.A405"),
    ("water", "density", 0.998, "doi:10.1021/j100308a038"),
    ("water", "diffusion coefficient of water", 2.5e-9, "doi:10.1021/j100308a038"),
]


def main(folder: Path) -> None:
    """Print the table."""
    told = json.loads((folder / "report" / "results.json").read_text(encoding="utf-8"))
    studies = {study["id"]: study for study in told["studies"]}
    print(f"{platform.machine()}, {datetime.now(UTC):%Y-%m-%d}\n")
    print("| liquid | quantity | here | published | source | made with |")
    print("|---|---|---|---|---|---|")
    for name, quantity, published, source in PUBLISHED:
        study = studies.get(name, {"quantities": {}, "notes": []})
        found = study["quantities"].get(quantity)
        here = "not run" if found is None else "refused by its checks"
        if found is not None and found["value"] is not None:
            here = f"{found['value']:.4g} ± {found['error'] or 0:.2g} {found['unit']}"
        made = next((note for note in study["notes"] if "ns/day" in note), "")
        print(f"| {name} | {quantity} | {here} | {published:g} | {source} | {made} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
