"""Sphinx's settings."""

project = "potash"
copyright = "2026, the potash developers"
author = "the potash developers"
extensions = ["myst_parser", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "potash"
exclude_patterns = ["_build", "_generated"]


def _tables() -> None:
    """Write the tables of phases and molecules from the data itself."""
    from pathlib import Path

    from potash.structures import molecules, phases

    folder = Path(__file__).parent / "_generated"
    folder.mkdir(exist_ok=True)
    rows = ["| phase | space group | lattice | source |", "|---|---|---|---|"]
    for name in phases.names():
        known = phases.load(name)
        lattice = ", ".join(f"{axis} {value:g}" for axis, value in known.lattice.items())
        source = f"{known.source.kind}: {known.source.citation}" + (
            f" ({known.source.database})" if known.source.database else ""
        )
        rows.append(f"| {name} | {known.space_group.symbol} ({known.space_group.number}) | {lattice} | {source} |")
    (folder / "phases.md").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rows = ["| molecule | full name | charge | SMILES |", "|---|---|---|---|"]
    for name in molecules.names():
        entry = molecules.load(name)
        rows.append(f"| {name} | {entry.full_name} | {entry.charge:+d} | `{entry.smiles}` |")
    (folder / "molecules.md").write_text("\n".join(rows) + "\n", encoding="utf-8")


_tables()
