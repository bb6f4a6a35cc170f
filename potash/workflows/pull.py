"""A project's ledger, filled from what the LaunchPad knows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from potash.workflows.ledger import Ledger
from potash.workflows.outputs import CALCULATIONS, Files, Outputs
from potash.workflows.summary import failed

if TYPE_CHECKING:
    from fireworks import LaunchPad

#: A firework in one of these states may still run.
OPEN = ("READY", "RESERVED", "RUNNING")


def pull(
    launchpad: LaunchPad, project: str, vault: Path, ledger: Ledger, about: dict[str, dict[str, str]]
) -> Counter[str]:
    """Write down where studies and calculations stand, and results that are new.

    Parameters
    ----------
    launchpad
        Connected.
    project
        Its id.
    vault
        Where large outputs lie.
    ledger
        Told of what changed.
    about
        By study: ``kind``, ``engine``, ``version``, ``protocol``, for results of studies that failed.

    Returns
    -------
    Counter
        Fireworks by their state.
    """
    states: Counter[str] = Counter()
    running: set[int] = set()
    before = {study: state for study, _, state, _ in ledger.studies()}
    seen: set[str] = set()
    for each in launchpad.workflows.find({"metadata.potash.project": project, "state": {"$ne": "ARCHIVED"}}):
        own = {row["id"]: row["summary"] for row in each["metadata"]["potash"]["studies"]}
        seen |= own.keys()
        new = {study: uuid for study, uuid in own.items() if before.get(study) in (None, "waiting", "failed")}
        if each["state"] == "COMPLETED" and not new:
            states["COMPLETED"] += len(each["nodes"])
            continue
        fireworks = list(launchpad.fireworks.find({"fw_id": {"$in": each["nodes"]}}, FIELDS))
        states.update(firework["state"] for firework in fireworks)
        running |= {firework["fw_id"] for firework in fireworks if firework["state"] == "RUNNING"}
        found = _results(launchpad, vault, list(new.values()))
        for study, uuid in new.items():
            if uuid in found:
                ledger.study(study, found[uuid]["status"], found[uuid]["reason"], found[uuid])
            else:
                _unfinished(launchpad, ledger, study, fireworks, about[study], before[study])
    for study in {study for study, state in before.items() if state == "waiting"} - seen:
        ledger.study(study, "waiting", "no longer on the LaunchPad; 'potash submit' puts it there again")
    _calculations(launchpad, project, ledger, running)
    return states


FIELDS = {"fw_id": 1, "state": 1, "name": 1, "spec.potash": 1, "launches": 1}


def _results(launchpad: LaunchPad, vault: Path, summaries: list[str]) -> dict[str, dict[str, Any]]:
    store = Outputs(launchpad.db, Files(vault))
    return {found["uuid"]: found["output"] for found in store.query({"uuid": {"$in": summaries}})}


def _unfinished(
    launchpad: LaunchPad, ledger: Ledger, study: str, fireworks: list[dict[str, Any]], about: dict[str, str], was: str
) -> None:
    """Say of a study without a result whether it waits or has failed."""
    own = [each for each in fireworks if each["spec"]["potash"]["study"] == study]
    fizzled = [each for each in own if each["state"] == "FIZZLED"]
    broken = sorted({each["spec"]["potash"]["study"] for each in fireworks if each["state"] == "FIZZLED"})
    if fizzled:
        reason = _reason(launchpad, fizzled[0])
    elif broken and not any(each["state"] in OPEN for each in fireworks):
        reason = f"a study that it rests on failed: {', '.join(broken)}"
    elif any(each["state"] == "DEFUSED" for each in own):
        reason = "its jobs were defused on the LaunchPad; 'lpad reignite_fws' lets them go on"
    else:
        if was == "failed":
            ledger.study(study, "waiting")
        return
    ledger.study(study, "failed", reason, failed(study, reason, about))


def _reason(launchpad: LaunchPad, firework: dict[str, Any]) -> str:
    """Say why a firework fizzled: potash's own sentence, else the last line of what Python said."""
    launch = launchpad.launches.find_one({"launch_id": {"$in": firework["launches"]}}, sort=[("launch_id", -1)])
    action = (launch or {}).get("action") or {}
    error = (action.get("stored_data") or {}).get("_exception")
    if error is None:
        return f"{firework['name']}: its worker was lost; 'lpad detect_lostruns --rerun' or 'potash rerun' tries again"
    if details := error.get("_details"):
        return str(details["reason"])
    return f"{firework['name']}: {error['_stacktrace'].strip().splitlines()[-1]} (a fault of potash: please report)"


def _calculations(launchpad: LaunchPad, project: str, ledger: Ledger, running: set[int]) -> None:
    known = {row.key: row for row in ledger.calculations()}
    for each in launchpad.db[CALCULATIONS].find({"project": project}):
        state = each["state"]
        if state == "running" and each["fw_id"] not in running:
            state = "waiting"  # its worker is gone
        row = known.get(each["key"])
        if row is not None and (row.state == "finished" or (row.state, row.calls) == (state, each["calls"])):
            continue
        times = (each.get("began"), None if state == "running" else each.get("ended"))
        ledger.calculation(
            each["key"], each["study"], each["label"], state, each["calls"], row.expected if row else 1.0, times
        )
