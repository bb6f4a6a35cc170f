"""Keep what a project computed as small files, so that it is found again: ``python tools/keep.py PROJECT FOLDER``.

Copies the project's ``report/results.json`` to ``FOLDER/NAME.results.json`` with the date and the machine beside it, and
of each calculation what was asked, its force calls and its result to ``FOLDER/vault``. With ``POTASH_VAULT`` set to that
folder the campaign is found again, and what was not finished goes on from its force calls. Logs are left behind.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
from pathlib import Path

from potash.workflows.ledger import Ledger

KEPT = ("calculation.json", "calls.xyz", "result.json", "failure.json")


def main() -> None:
    """Keep one project."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("project", type=Path, help="the folder that potash run made")
    words.add_argument("folder", type=Path, help="where results and vault go")
    words.add_argument(
        "--vault", type=Path, default=None, help="the vault (default: POTASH_VAULT, or the project's own)"
    )
    asked = words.parse_args()
    vault = asked.vault or Path(os.environ.get("POTASH_VAULT", asked.project / "vault"))
    ledger = Ledger(asked.project)
    keys = [row.key for row in ledger.calculations()]
    ledger.close()
    results = asked.project / "report" / "results.json"
    if results.exists():
        told = json.loads(results.read_text())
        keys += [key for study in told["studies"] for key in study["provenance"]["keys"]]
        computed = datetime.datetime.fromtimestamp(results.stat().st_mtime, datetime.UTC).date().isoformat()
        machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
        target = asked.folder / f"{told['campaign']}.results.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            json.dumps({"date": computed, "machine": machine, **told}, indent=1, ensure_ascii=False) + "\n"
        )
    kept = [key for key in dict.fromkeys(keys) if _copy(vault / key[:2] / key, asked.folder / "vault" / key[:2] / key)]
    print(f"{len(kept)} calculations kept in {asked.folder / 'vault'}")


def _copy(source: Path, target: Path) -> bool:
    """Copy the small files of a calculation that has begun."""
    if not (source / "calls.xyz").exists() and not (source / "result.json").exists():
        return False
    target.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    return True


if __name__ == "__main__":
    main()
