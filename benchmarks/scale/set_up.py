"""What `potash run` does before its first calculation: read, build, plan, write down, order."""

from __future__ import annotations

import sys
from pathlib import Path

from potash.show.project import read, vault_of
from potash.workflows import planning
from potash.workflows.agenda import Agenda
from potash.workflows.build import build
from potash.workflows.ledger import Ledger


def main(file: Path, project: Path) -> None:
    """Set a project up."""
    project.mkdir(parents=True, exist_ok=True)
    campaign = read(file, None, None)
    flows = build(campaign)
    entries = planning.plan(flows, vault_of(project))
    planning.save(entries, project)
    ledger = Ledger(project, make=True)
    planned = {entry.key: (entry.study, entry.label, entry.core_seconds, "waiting") for entry in entries}
    ledger.begin(campaign.campaign, file.resolve(), [(name, "bulk") for name in flows], planned)
    Agenda(flows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
