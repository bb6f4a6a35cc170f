"""Projects whose jobs are on a LaunchPad: looked at, tried again."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from potash.errors import BadInput
from potash.workflows.ledger import Ledger

#: What a project folder remembers of its LaunchPad: no user, no password.
FILE = "launchpad.json"
#: How long a look waits for a server, in milliseconds.
GLANCE = 3_000


def remembered(folder: Path) -> dict[str, Any]:
    """Give what a project folder remembers of its LaunchPad; nothing for one that was never submitted."""
    path = folder / FILE
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def refresh(folder: Path) -> str | None:
    """Bring a submitted project's ledger up to date.

    Returns
    -------
    str or None
        Where its jobs stand, or why that is not known now; None for a project that was never submitted.
    """
    known = remembered(folder)
    if not known:
        return None
    from potash.workflows.launchpad import connect, speaking
    from potash.workflows.pull import pull

    try:
        pad = connect(Path(known["file"]) if known["file"] else None, GLANCE)
        with speaking(pad), closing(Ledger(folder)) as ledger:
            states = pull(pad, known["project"], Path(known["vault"]), ledger, known["about"])
    except BadInput as lack:
        return f"LaunchPad {known['where']}: not reached, this is as it was seen last ({lack})"
    return f"LaunchPad {known['where']}: {_words(states)}"


def _words(states: Counter[str]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no jobs"


def submitted(folder: Path) -> bool:
    """Say whether a project's jobs are on a LaunchPad."""
    return bool(remembered(folder))


def rerun(folder: Path) -> str:
    """Let the jobs that fizzled run again."""
    known = remembered(folder)
    from potash.workflows.launchpad import connect, speaking

    pad = connect(Path(known["file"]) if known["file"] else None)
    with speaking(pad) as place:
        fizzled = pad.get_fw_ids({"spec.potash.project": known["project"], "state": "FIZZLED"})
        for number in fizzled:
            pad.rerun_fw(number)
    return f"{len(fizzled)} jobs are ready again on {place}"
