"""The published values on the screen."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from potash.analysis.published import Published, catalogue, get, search
from potash.errors import BadInput


def show(words: str) -> None:
    """Print one row with all that is known of it, or the rows that words find."""
    console = Console(highlight=False)
    if words.upper() in catalogue():
        _one(console, get(words.upper()))
        return
    rows = search(words)
    if not rows:
        if len(words.split()) == 1:
            get(words)  # says which ids are near
        raise BadInput(f"no published value has the words '{words}' in its id, system or quantity")
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "system", "quantity", "published"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row.id, row.system, row.quantity, row.text)
    console.print(table)
    console.print(f"{len(rows)} published values")


def _one(console: Console, row: Published) -> None:
    lines = {
        "system": row.system,
        "quantity": f"{row.quantity}: {row.detail}",
        "published": row.text,
        "method": row.method,
        "source": row.source,
        "leaves open": row.leaves_open,
        "how to recompute": row.proposal,
    }
    console.print(row.id, style="bold")
    for name, text in lines.items():
        if text:
            console.print(f"  {name}: {text}", markup=False)
    for caution in row.cautions:
        console.print(f"  caution: {caution}", markup=False)
