"""Make ``potash/structures/data/forcefields/opls-aa.yaml``: the part of OPLS-AA that ethers and carbonates need.

The parameters are those that W. L. Jorgensen and co-workers published with J. Phys. Chem. B 128 (2024) 250
(doi:10.1021/acs.jpcb.3c06602), as moltemplate (2.22.5, on PyPI) carries them in ``oplsaa2024.lt``. Kept are the atom
types that the rules below name, and every bond, angle, dihedral and improper between their bonded types.

    pip download --no-deps moltemplate==2.22.5 && unzip moltemplate-2.22.5-py3-none-any.whl
    python tools/make_opls.py moltemplate/force_fields/oplsaa2024.lt
"""

import re
from itertools import product
from pathlib import Path
from typing import Annotated

import typer
import yaml

FOLDER = Path(__file__).parents[1] / "potash" / "structures" / "data" / "forcefields"
KCAL = 4.184
#: SMARTS whose first atom has the type, a later rule winning over an earlier one.
RULES = [
    ("[CX4;H3;!$(C[!#6;!#1])]", "54"),
    ("[CX4;H2;!$(C[!#6;!#1])]", "57"),
    ("[CX4;H1;!$(C[!#6;!#1])]", "58"),
    ("[CX4;H0;!$(C[!#6;!#1])]", "59"),
    ("[#1;$([#1][CX4;!$(C[!#6;!#1])])]", "60"),
    ("[OX2;$(O([CX4])[CX4])]", "180"),
    ("[CX4;H3;$(C[OX2]([CX4]))]", "181"),
    ("[CX4;H2;$(C[OX2]([CX4]))]", "182"),
    ("[CX4;H1;$(C[OX2]([CX4]))]", "183"),
    ("[CX4;H0;$(C[OX2]([CX4]))]", "184"),
    ("[#1;$([#1][CX4;$(C[OX2]([CX4]))])]", "185"),
    ("[#1;$([#1][CX4;H3;$(C[OX2]([CX4]))])]", "794"),
    ("[OX2;$(O([CX4])[CX4][OX2][CX4])]", "186"),
    ("[CX4;H2;$(C([OX2][CX4])[OX2][CX4])]", "189"),
    ("[#1;$([#1][CX4;H2;$(C([OX2][CX4])[OX2][CX4])])]", "190"),
    ("[OX1;$(O=[CX3;r5]([OX2;r5])[OX2;r5])]", "771"),
    ("[CX3;r5;$(C(=O)([OX2;r5])[OX2;r5])]", "772"),
    ("[OX2;r5;$(O([CX4;r5])[CX3;r5](=O)[OX2;r5])]", "773"),
    ("[CX4;r5;H2;$(C[OX2;r5][CX3;r5](=O)[OX2;r5])]", "774"),
    ("[CX4;r5;H1;$(C[OX2;r5][CX3;r5](=O)[OX2;r5])]", "775"),
    ("[CX4;H3;$(C[CX4;r5;H1][OX2;r5][CX3;r5](=O)[OX2;r5])]", "776"),
    ("[#1;$([#1][CX4;r5;H2][OX2;r5][CX3;r5](=O)[OX2;r5])]", "777"),
    ("[#1;$([#1][CX4;r5;H1][OX2;r5][CX3;r5](=O)[OX2;r5])]", "778"),
    ("[#1;$([#1][CX4;H3][CX4;r5;H1][OX2;r5][CX3;r5](=O)[OX2;r5])]", "779"),
]
#: What those files lack: terms from other published files, with their sources.
MORE = {
    # fftool, github.com/paduagroup/fftool, examples/oplsaa.ff at 00898d72: carbonates (of a five-membered ring)
    "angles": {("OS", "C~", "OS"): [108.8, 694.5]},
    # GROMACS 2022.5, oplsaa.ff/ffbonded.itp, CO-OS-CT-CT: Ryckaert-Bellemans 1.71544, 2.84512, 1.04600, -5.60656
    "dihedrals": {("CO", "OS", "CT", "CT"): [2.7196, -1.046, 2.80328, 0.0]},
}
ELEMENTS = {"C": "C", "H": "H", "O": "O"}


def types(text: str) -> dict[str, dict[str, object]]:
    """Read charges, Lennard-Jones parameters and bonded types of the atom types that the rules name."""
    found: dict[str, dict[str, object]] = {}
    for number in dict.fromkeys(number for _, number in RULES):
        charge = re.search(rf"set type @atom:{number}\s+charge\s+(\S+) # (\w+)\s+- (\S+)\s+\| (.*)", text)
        pair = re.search(rf"pair_coeff @atom:{number}_\S+ @atom:{number}_\S+ (\S+) (\S+)", text)
        if charge is None or pair is None:
            raise typer.BadParameter(f"the file has no atom type {number}")
        found[number] = {
            "element": ELEMENTS[charge[2]],
            "bonded": charge[3],
            "charge": float(charge[1]),
            "sigma": float(pair[2]),
            "epsilon": round(float(pair[1]) * KCAL, 6),
            "says": charge[4].strip(),
        }
    return found


def terms(text: str, what: str, size: int, bonded: set[str]) -> dict[tuple[str, ...], list[float]]:
    """Read the bonded terms whose atoms are all of these bonded types; ``*`` stands for any."""
    listed = []
    for name, numbers in re.findall(rf"^\s+{what}_coeff @{what}:(\S+) ([^#\n]*)", text, re.MULTILINE):
        atoms = re.sub(r"__\d+$", "", name).split("_")
        fitting = [[kind for kind in sorted(bonded) if matches(atom, kind)] for atom in atoms]
        if len(atoms) == size and all(fitting):
            kept = [["*"] if set(atom) == {"€"} else kinds for atom, kinds in zip(atoms, fitting, strict=True)]
            listed.append((name.count("€"), kept, [float(number) for number in numbers.split()]))
    found: dict[tuple[str, ...], list[float]] = {}
    # What is said of named atoms holds before what is said of any; of several with one name the last one, variant 1,
    # is that of the family, the others are of single molecules.
    for _, kept, numbers in sorted(listed, key=lambda each: -each[0]):
        for kinds in product(*kept):
            found[kinds if what == "improper" else min(kinds, kinds[::-1])] = numbers
    return found


def matches(pattern: str, kind: str) -> bool:
    """Say whether a bonded type is meant: ``€`` stands for any letter."""
    return re.fullmatch(re.escape(pattern).replace("€", "."), kind) is not None


def main(source: Annotated[Path, typer.Argument(help="moltemplate's oplsaa2024.lt")]) -> None:
    """Write the file."""
    text = source.read_text(encoding="utf-8")
    atoms = types(text)
    bonded = {str(each["bonded"]) for each in atoms.values()}
    dihedrals = terms(text, "dihedral", 4, bonded)
    impropers = terms(text, "improper", 4, bonded)
    lines = [
        "# Made by tools/make_opls.py. Bonds and angles are k/2 (x - x0)^2: Å, degrees, kJ/mol, kJ/mol/Å², kJ/mol/rad².",
        "# Dihedrals are V1/2 (1 + cos φ) + V2/2 (1 - cos 2φ) + V3/2 (1 + cos 3φ) + V4/2 (1 - cos 4φ), in kJ/mol.",
        "# Impropers name the centre first; their angle is that of two neighbours, the centre and the third neighbour.",
    ]
    head = {
        "name": "OPLS-AA",
        "source": "W. L. Jorgensen, M. M. Ghahremanpour, A. Saar, J. Tirado-Rives, J. Phys. Chem. B 128 (2024) 250, "
        "doi:10.1021/acs.jpcb.3c06602 (supporting files, from moltemplate 2.22.5, oplsaa2024.lt); the angle OS-C~-OS from "
        "github.com/paduagroup/fftool, examples/oplsaa.ff at 00898d72; the dihedral CO-OS-CT-CT from GROMACS 2022.5",
    }
    lines += [f"{key}: {flow(text)}" for key, text in head.items()]
    lines += ["rules:  # SMARTS of an atom, and its type; a later rule wins over an earlier one"]
    lines += [f"  - {flow(list(rule))}" for rule in RULES]
    lines.append("types:  # sigma in Å, epsilon in kJ/mol")
    for number, each in atoms.items():
        lines.append(f"  '{number}': {flow(each)}")
    tables = {
        "bonds": {names: [k[1], 2 * KCAL * k[0]] for names, k in terms(text, "bond", 2, bonded).items()},
        "angles": {names: [k[1], 2 * KCAL * k[0]] for names, k in terms(text, "angle", 3, bonded).items()},
        "dihedrals": {names: [KCAL * one for one in v] for names, v in dihedrals.items()},
        # K (1 - cos 2φ), which is V2/2 (1 - cos 2φ)
        "impropers": {names: [2 * KCAL * v[0]] for names, v in impropers.items()},
    }
    for name, table in tables.items():
        table |= MORE.get(name, {})
        lines.append(f"{name}:")
        lines += [f"  - {flow([*names, *(round(value, 6) for value in values)])}" for names, values in table.items()]
    (FOLDER / "opls-aa.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def flow(content: object) -> str:
    """Write one line of YAML."""
    return (
        yaml.safe_dump(content, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
        .removesuffix("\n...\n")
        .strip()
    )


if __name__ == "__main__":
    typer.run(main)
