"""Set what liquids came to beside what is published for their models (references, viscosity), or measured (gaff).

potash run benchmarks/liquids/references.yaml --dir references
potash run benchmarks/liquids/viscosity.yaml --dir viscosity
python benchmarks/liquids/table.py references viscosity | tee benchmarks/liquids/references.md
"""

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

HANDBOOK = "CRC Handbook of Chemistry and Physics (2014), as in the Python package chemicals 1.5.2"
#: By campaign: study, quantity, the published value in the unit of the one here, and where it is from.
PUBLISHED = {
    "references": [
        ("argon", "diffusion coefficient of Ar", "24.3", "doi:10.1103/PhysRev.136.A405"),
        ("water", "density", "0.998", "doi:10.1021/j100308a038"),
        ("water", "diffusion coefficient of water", "25", "doi:10.1021/j100308a038"),
    ],
    "viscosity": [("triple-point", "viscosity", "0.294 ± 0.004", "doi:10.1103/PhysRevA.44.6936")],
    "gaff": [
        ("DMC", "density", "1.0636", f"measured, {HANDBOOK}"),
        ("TEP", "density", "1.0695", f"measured, {HANDBOOK}"),
    ],
}


def main(folders: list[Path]) -> None:
    """Print one table of all campaigns."""
    told = [json.loads((folder / "report" / "results.json").read_text(encoding="utf-8")) for folder in folders]
    print(f"{platform.machine()}, {datetime.now(UTC):%Y-%m-%d}\n")
    print("| liquid | quantity | here | published | source | made with |")
    print("|---|---|---|---|---|---|")
    for each in told:
        studies = {study["id"]: study for study in each["studies"]}
        for name, quantity, published, source in PUBLISHED[each["campaign"]]:
            study = studies.get(name, {"quantities": {}, "notes": []})
            found = study["quantities"].get(quantity)
            here = "not run" if found is None else "refused by its checks"
            if found is not None and found["value"] is not None:
                here = f"{found['value']:.4g} ± {found['error'] or 0:.2g} {found['unit']}"
            made = next((note for note in study["notes"] if "ns/day" in note), "")
            print(f"| {name} | {quantity} | {here} | {published} | {source} | {made} |")


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
