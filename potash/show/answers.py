"""Which example campaigns answer published values, and what those that have run said to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from potash.reading import read

#: Where the campaigns lie that answer published values: beside the package, in its repository.
EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Kept:
    """What a campaign that has run says to a published value.

    Attributes
    ----------
    path
        The campaign's file.
    study
        The id of the study that answers.
    level
        Its engine and protocol, in words.
    date
        When it ran, where that is on record.
    verdict, says
        The verdict, and the sentence that says why.
    """

    path: Path
    study: str
    level: str
    date: str
    verdict: str
    says: str


def answers() -> dict[str, list[Path]]:
    """Give by published value the campaigns that answer it: those that have run first, then those that answer it alone."""
    found: dict[str, list[Path]] = {}
    for path in sorted(EXAMPLES.glob("**/*.yaml"), key=_rank):
        studies: list[dict[str, Any]] = read(path, "campaign file", "campaign and studies").content.get("studies", [])
        for row in dict.fromkeys(row for study in studies for row in study.get("published", [])):
            found.setdefault(row, []).append(path)
    return found


def kept() -> dict[str, list[Kept]]:
    """Give by published value what the campaigns that have run say to it, in the order of `answers`."""
    found: dict[str, list[Kept]] = {}
    for path in sorted(EXAMPLES.glob("**/*.yaml"), key=_rank):
        if not _results(path).exists():
            continue
        told = json.loads(_results(path).read_text(encoding="utf-8"))
        for study in told["studies"]:
            level = f"{study['provenance']['engine']}, {study['provenance']['protocol']}"
            for row in study["published"]:
                said = Kept(path, study["id"], level, told.get("date", ""), row["verdict"], row["says"])
                found.setdefault(row["id"], []).append(said)
    return found


def _results(path: Path) -> Path:
    """Say where the results of a campaign lie that has run."""
    return path.with_name(f"{path.stem}.results.json")


def _rank(path: Path) -> tuple[bool, bool, str]:
    return not _results(path).exists(), path.parent.name != "published", str(path)
