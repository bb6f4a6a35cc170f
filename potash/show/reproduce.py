"""One published value, computed anew by the campaign that answers it."""

from __future__ import annotations

from pathlib import Path

from potash.analysis.published import Published, get
from potash.calcs.site import GRACE
from potash.campaign import load
from potash.errors import BadInput
from potash.show.answers import EXAMPLES, answers


def campaign_for(identity: str) -> Path:
    """Find the campaign with a study that names a published value.

    Raises
    ------
    BadInput
        If there is no such value, or none of the examples answers it; the sentence says which do.
    """
    row = get(identity.upper())
    if not EXAMPLES.is_dir():
        raise BadInput(
            "the campaigns that answer published values come with potash's repository; clone it and install from there"
        )
    found = answers()
    if row.id not in found:
        raise BadInput(
            f"no example answers {row.id} yet; potash published {row.id} says what it would take; "
            f"those are answered: {', '.join(sorted(found))}"
        )
    return found[row.id][0]


def reproduce(
    identity: str, directory: Path | None, cores: int, *, memory: float | None = None, grace: float = GRACE
) -> int:
    """Run the studies that answer a published value, and those that they rest on; say what they say to it.

    Returns
    -------
    int
        The exit code, as of `run`.
    """
    from potash.show.project import console, run_here
    from potash.workflows.build import benches

    path = campaign_for(identity)
    row = get(identity.upper())
    campaign = load(path)
    studies = [bench.name for bench in benches(campaign) if row.id in bench.study.published]
    folder = directory or Path(f"{row.id}-{campaign.campaign}")
    console.print(f"{row.id}: {row.system}, {row.quantity}: {row.text}", markup=False)
    console.print(f"Campaign: {path}; of it {', '.join(studies)}", markup=False)
    code = run_here(path, folder, cores, None, None, studies, memory=memory, grace=grace)
    for line in _verdicts(folder, row):
        console.print(line, markup=False)
    return code


def _verdicts(folder: Path, row: Published) -> list[str]:
    """Say in a sentence a study what a project came to."""
    from potash.workflows.ledger import Ledger

    ledger = Ledger(folder)
    lines = [
        f"{result['id']}: {said['verdict']}: {said['says']}"
        for result in ledger.each_result()
        for said in result["published"]
        if said["id"] == row.id
    ]
    ledger.close()
    return lines
