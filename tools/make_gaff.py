"""Make ``gaff.yaml`` and ``joung-cheatham.yaml`` in ``potash/structures/data/forcefields``.

GAFF 1.81 (J. Wang, R. M. Wolf, J. W. Caldwell, P. A. Kollman, D. A. Case, J. Comput. Chem. 25 (2004) 1157,
doi:10.1002/jcc.20035) is read from ``gaff.dat`` of AmberTools, the ions (I. S. Joung, T. E. Cheatham, J. Phys. Chem. B 112
(2008) 9020, doi:10.1021/jp8001614) from ``frcmod.ionsjc_spce``; acpype (2023.10.27, on PyPI) carries both unchanged. Kept
are the atom types that the rules below name, and every bond, angle, dihedral and improper between them.

    pip download --no-deps acpype==2023.10.27 && unzip acpype-2023.10.27-py3-none-any.whl
    python tools/make_gaff.py acpype/amber_linux/dat/leap/parm

The rules say in SMARTS what AmberTools' ``ATOMTYPE_GFF.DEF`` says of these types, and leave out what is conjugated, where
that file alternates types along a chain, and olefins, whose impropers ``gaff.dat`` lacks. They differ in one place: the S-N bonds of a sulfonyl imide are alike (n2, s6),
where antechamber makes one of them a double bond (ne, sy).
"""

import re
from pathlib import Path
from typing import Annotated

import typer
import yaml
from make_opls import FOLDER, KCAL, flow

#: Neighbours that draw electrons from a carbon and change its hydrogens.
EW = "[#7,#8,#9,#16,#17,#35]"
#: SMARTS whose first atom has the type, a later rule winning over an earlier one.
RULES = [
    ("[CX4]", "c3"),
    ("[CX4;r4]", "cy"),
    ("[CX4;r3]", "cx"),
    ("[CX3;$(C=[OX1])]", "c"),
    ("[CX2;$(C(#[NX1])[CX4])]", "c1"),
    ("[cX3;$(c1ccccc1);!$(c-!@c)]", "ca"),
    ("[#1;$([#1][CX4])]", "hc"),
    (f"[#1;$([#1][CX4]{EW})]", "h1"),
    (f"[#1;$([#1][CX4]({EW}){EW})]", "h2"),
    (f"[#1;$([#1][CX4]({EW})({EW}){EW})]", "h3"),
    ("[#1;$([#1][#6X3])]", "ha"),
    (f"[#1;$([#1][#6X3;!a]~{EW})]", "h4"),
    (f"[#1;$([#1][#6X3;!a](~{EW})~{EW})]", "h5"),
    ("[#1;$([#1][OX2H1])]", "ho"),
    ("[OX1]", "o"),
    ("[OX2H0]", "os"),
    ("[OX2H0;r4]", "oq"),
    ("[OX2H0;r3]", "op"),
    ("[OX2H1]", "oh"),
    ("[F]", "f"),
    ("[Cl;X1]", "cl"),
    ("[NX1;$(N#[CX2][CX4])]", "n1"),
    ("[NX3;H0;$(N[CX3]=[OX1]);!$(N~[!#6])]", "n"),
    ("[NX2;-;$(N(S(=O)=O)S(=O)=O)]", "n2"),
    ("[PX4;$(P=[OX1]);!$(P~[!#8;!$([CX4])])]", "p5"),
    ("[SX4;$(S(=O)=O);!$(S-[#6X3,#6X2])]", "s6"),
    ("[SX3;+0;$(S(=O)([CX4])[CX4])]", "s4"),
]
#: Centres that are planar by an improper alone: one that the file lacks is missed. (parmchk2 would give it a default.)
PLANAR = ["c", "ca", "n"]
IONS = {"Li+": "[Li+]", "Na+": "[Na+]", "K+": "[K+]"}
ELEMENTS = {"c": "C", "h": "H", "o": "O", "f": "F", "n": "N", "p": "P", "s": "S", "cl": "Cl"}
ROOT = 2 ** (1 / 6)
Rows = dict[tuple[str, ...], list[float]]


def blocks(text: str) -> list[list[str]]:
    """Cut the file at its empty lines: masses, bonds, angles, dihedrals, impropers, and what follows them."""
    title, rest = text.split("\n", 1)
    assert title.startswith("AMBER General Force Field"), title
    return [part.splitlines() for part in re.split(r"\n\s*\n", rest)]


def rows(lines: list[str], atoms: int, kept: set[str]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Read lines such as ``c -os-c3   63.60  115.14 ...`` whose atoms are all kept."""
    found = []
    for line in lines:
        if len(line) < 3 * atoms or line[2 : 3 * atoms - 1 : 3] != "-" * (atoms - 1):
            continue
        names = tuple(line[3 * n : 3 * n + 2].strip().replace("X", "*") for n in range(atoms))
        if set(names) <= kept | {"*"}:
            found.append((names, line[3 * atoms - 1 :].split()))
    return found


def stretches(lines: list[str], atoms: int, kept: set[str]) -> Rows:
    """Read K (x - x0)² as x0 and k of k/2 (x - x0)²."""
    return {names: [float(said[1]), 2 * KCAL * float(said[0])] for names, said in rows(lines, atoms, kept)}


def dihedrals(lines: list[str], kept: set[str]) -> Rows:
    """Read sums of K/N (1 + cos(nφ - γ)) as V1 to V4; what does not depend on φ is left out."""
    found: Rows = {}
    going = False
    for names, (paths, height, phase, fold, *_) in rows(lines, 4, kept):
        if not going:
            found[names] = [0.0] * 4
        number = abs(round(float(fold)))
        assert float(phase) in (0.0, 180.0), names
        assert 1 <= number <= 4, names
        sign = 1 if (float(phase) == 0) == (number % 2 == 1) else -1
        found[names][number - 1] += sign * 2 * KCAL * float(height) / float(paths)
        going = float(fold) < 0  # so another one of these atoms follows
    return found


def impropers(lines: list[str], kept: set[str]) -> Rows:
    """Read K (1 - cos 2φ) of two neighbours, the centre and the third neighbour as V2, the centre and the third first."""
    found = {}
    for (first, second, centre, last), (height, phase, fold, *_) in rows(lines, 4, kept):
        assert (float(phase), float(fold)) == (180.0, 2.0)
        found[centre, last, first, second] = [2 * KCAL * float(height)]
    return found


def sizes(lines: list[str], kept: set[str]) -> dict[str, list[float]]:
    """Read half the distance of least energy (Å) and the depth (kcal/mol) as sigma and epsilon (kJ/mol)."""
    said = (line.split() for line in lines)
    return {
        each[0]: [round(2 * float(each[1]) / ROOT, 6), round(KCAL * float(each[2]), 6)]
        for each in said
        if each and each[0] in kept
    }


def imides() -> tuple[list[object], list[object]]:
    """Give the angle F-S-N of FSI-, which GAFF lacks, from CL&P's file here."""
    clp = yaml.safe_load((FOLDER / "cl-p.yaml").read_text(encoding="utf-8"))
    row = next(each for each in clp["angles"] if each[:3] == ["FB", "SB", "NB"])
    return ["f", "s6", "n2"], row[3:]


def write(
    name: str, head: list[str], about: dict[str, str], rules: list[tuple[str, str]], parts: dict[str, list[str]]
) -> None:
    """Write one force field's file."""
    lines = [*head, *(f"{key}: {flow(text)}" for key, text in about.items())]
    lines += ["rules:  # SMARTS of an atom, and its type; a later rule wins over an earlier one"]
    lines += [f"  - {flow(list(rule))}" for rule in rules]
    for key, rows_ in parts.items():
        lines += [f"{key}:" if rows_ else f"{key}: []", *rows_]
    (FOLDER / f"{name}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(folder: Annotated[Path, typer.Argument(help="AmberTools' dat/leap/parm")]) -> None:
    """Write the files."""
    text = (folder / "gaff.dat").read_text(encoding="utf-8")
    kept = {kind for _, kind in RULES}
    masses, bonds, angles, torsions, planes, *others = blocks(text)
    says = {line.split()[0]: line[33:].strip() for line in masses}
    found = sizes(next(part for part in others if part[0].startswith("MOD4")), kept)
    types = [
        f"  {kind}: "
        + flow({
            "element": ELEMENTS.get(kind, ELEMENTS[kind[0]]), "bonded": kind, "sigma": found[kind][0],
            "epsilon": found[kind][1], "says": says[kind],
        })
        for kind in dict.fromkeys(kind for _, kind in RULES)
    ]  # fmt: skip
    names, values = imides()
    tables: dict[str, Rows] = {
        "bonds": stretches(bonds[1:], 2, kept),
        "angles": stretches(angles, 3, kept) | {tuple(map(str, names)): [float(str(value)) for value in values]},
        "dihedrals": dihedrals(torsions, kept),
        "impropers": impropers(planes, kept),
    }
    write(
        "gaff",
        [
            "# Made by tools/make_gaff.py. Bonds and angles are k/2 (x - x0)^2: Å, degrees, kJ/mol, kJ/mol/Å², kJ/mol/rad².",
            "# Dihedrals are V1/2 (1 + cos φ) + V2/2 (1 - cos 2φ) + V3/2 (1 + cos 3φ) + V4/2 (1 - cos 4φ), in kJ/mol: GAFF's",
            "# but for a constant. Impropers name the centre first, then the neighbour at the end of their angle, then the others.",
            "# Types have no charges: those are fitted to each molecule's potential (analysis/resp.py).",
        ],
        {
            "name": "GAFF",
            "source": "GAFF 1.81, J. Wang, R. M. Wolf, J. W. Caldwell, P. A. Kollman, D. A. Case, J. Comput. Chem. 25 (2004) "
            "1157, doi:10.1002/jcc.20035 (gaff.dat of AmberTools, from acpype 2023.10.27); the angle F-S-N of FSI- from CL&P, "
            "il.ff (version 2017/12/06) of github.com/paduagroup/clandp at 709bc7e0",
        },
        RULES,
        {
            "planar": [f"  - {kind}" for kind in PLANAR],
            "types": types,
            **{
                name: [f"  - {flow([*atoms, *(round(value, 6) for value in row)])}" for atoms, row in table.items()]
                for name, table in tables.items()
            },
        },
    )
    ions = sizes((folder / "frcmod.ionsjc_spce").read_text(encoding="utf-8").split("NONBON")[1].splitlines(), set(IONS))
    write(
        "joung-cheatham",
        ["# Made by tools/make_gaff.py. sigma in Å, epsilon in kJ/mol."],
        {
            "name": "Joung-Cheatham",
            "source": "I. S. Joung, T. E. Cheatham, J. Phys. Chem. B 112 (2008) 9020, doi:10.1021/jp8001614, for SPC/E water "
            "(frcmod.ionsjc_spce of AmberTools, from acpype 2023.10.27)",
        },
        [(smarts, ion) for ion, smarts in IONS.items()],
        {
            "types": [
                f"  {ion}: "
                + flow({
                    "element": ion[:-1], "bonded": ion, "charge": 1.0, "sigma": ions[ion][0], "epsilon": ions[ion][1],
                    "says": ion,
                })
                for ion in IONS
            ],
            "bonds": [], "angles": [], "dihedrals": [], "impropers": [],
        },
    )  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
