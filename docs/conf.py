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


def _computed() -> None:
    """Write the tables of computed barriers from the results that are kept in examples/barriers."""
    import json
    from pathlib import Path

    here = Path(__file__).parent
    rows = [
        "| study | status | what | value | error | force calls (band) | core-hours | date |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for path in sorted((here.parent / "examples" / "barriers").glob("*.results.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        for study in told["studies"]:
            cost = study["provenance"]
            rest = (
                f"{cost['force_calls']} ({cost['band_calls']}) | {cost['core_seconds'] / 3600:.2f} | {told['date']} |"
            )
            name, status = f"{told['campaign']}: {study['id']}", study["status"]
            for what, quantity in study["quantities"].items():
                value = "–" if quantity["value"] is None else f"{quantity['value']:.4g} {quantity['unit']}"
                error = "–" if quantity["error"] is None else f"{quantity['error']:.2g} {quantity['unit']}"
                rows.append(f"| {name} | {status} | {what} | {value} | {error} | {rest}")
                name = status = ""
                rest = "| | |"
    (here / "_generated" / "barriers.md").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _faults() -> None:
    """Write the table of faults from the code."""
    from pathlib import Path

    from potash.calcs.faults import table

    def cell(text: str) -> str:
        return " ".join(text.replace("|", "\\|").split())

    rows = ["| number | fault | what is tried, in this order, each once | blame |", "|---|---|---|---|"]
    parts = []
    for number, row in table().items():
        names = "; ".join(remedy.name for remedy in row.remedies) or "–"
        blame = "the machine" if row.passing else "the calculation"
        rows.append(f"| [{number}](#{number.lower()}) | {cell(row.fault)} | {cell(names)} | {blame} |")
        parts += [f"({number.lower()})=", f"### {number}: {row.fault}", "", f"> `{cell(row.says)}`", ""]
        for remedy in row.remedies:
            often = " (once a force call)" if remedy.again else ""
            parts.append(f"1. **{remedy.name}**{often}: {cell(remedy.does)}.")
        parts += ["", f"Kept: {cell(row.keeps)}.", "", f"In the tests: {cell(row.injected)}.", ""]
    page = "\n".join([*rows, "", "## One by one", "", *parts])
    (Path(__file__).parent / "_generated" / "faults.md").write_text(page + "\n", encoding="utf-8")


def _limits() -> None:
    """Write the table of limits."""
    from pathlib import Path

    from potash.limits import LIMITS

    rows = ["| what | at most | raised by |", "|---|---|---|"]
    rows += [f"| {each.says} | {each.usual} {each.unit} | `{each.variable}` |" for each in LIMITS.values()]
    (Path(__file__).parent / "_generated" / "limits.md").write_text("\n".join(rows) + "\n", encoding="utf-8")


_tables()
_computed()
_faults()
_limits()
