"""The published values on the screen."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from potash.analysis.published import Published, catalogue, get, search
from potash.errors import BadInput
from potash.show.answers import EXAMPLES, answers, kept


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
    verdicts, examples = kept(), answers()
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "system", "quantity", "published", "potash"):
        table.add_column(heading, overflow="fold", min_width=len(heading))
    for row in rows:
        said = ", ".join(dict.fromkeys(one.verdict for one in verdicts.get(row.id, ())))
        table.add_row(row.id, row.system, row.quantity, row.text, said or ("not run" if row.id in examples else ""))
    console.print(table)
    ran = sum(row.id in verdicts for row in rows)
    ready = sum(row.id in examples for row in rows)
    console.print(f"{len(rows)} published values; examples answer {ready} of them, and have run for {ran}")


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
    for said in kept().get(row.id, ()):
        about = ", ".join(filter(None, (said.path.stem, said.study, said.level, said.date)))
        console.print(f"  recomputed ({about}): {said.verdict}: {said.says}", markup=False)
    for path in answers().get(row.id, ()):
        console.print(f"  example: examples/{path.relative_to(EXAMPLES)}", markup=False)
    if row.id in answers():
        console.print(f"  compute it anew: potash reproduce {row.id}", markup=False)
    elif EXAMPLES.is_dir():
        console.print("  no example answers this row yet", markup=False)
