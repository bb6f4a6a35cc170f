"""One published value, computed anew by the campaign that answers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from potash.analysis.published import get
from potash.calcs.site import GRACE
from potash.campaign import load
from potash.errors import BadInput
from potash.reading import read

#: Where the campaigns lie that answer published values: beside the package, in its repository.
EXAMPLES = Path(__file__).parents[2] / "examples"


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
        raise BadInput(f"no example answers {row.id} yet; those are answered: {', '.join(sorted(found))}")
    return found[row.id]


def answers() -> dict[str, Path]:
    """Give the campaign of every published value that one answers; those that answer it alone go first."""
    found: dict[str, Path] = {}
    for path in sorted(EXAMPLES.glob("published/*.yaml")) + sorted(EXAMPLES.glob("**/*.yaml")):
        studies: list[dict[str, Any]] = read(path, "campaign file", "campaign and studies").content.get("studies", [])
        for study in studies:
            for row in study.get("published", []):
                found.setdefault(row, path)
    return found


def reproduce(
    identity: str, directory: Path | None, cores: int, *, memory: float | None = None, grace: float = GRACE
) -> int:
    """Run the campaign that answers a published value; say first what it is about.

    Returns
    -------
    int
        The exit code, as of `run`.
    """
    from potash.show.project import console, run_here

    path = campaign_for(identity)
    row = get(identity.upper())
    console.print(f"{row.id}: {row.system}, {row.quantity}: {row.text}", markup=False)
    console.print(f"Campaign: {path}", markup=False)
    return run_here(
        path, directory or Path(f"{row.id}-{load(path).campaign}"), cores, None, None, memory=memory, grace=grace
    )
