"""A project's ledger, filled from what the LaunchPad knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from potash.workflows.ledger import Ledger
from potash.workflows.outputs import CALCULATIONS, Files, Outputs
from potash.workflows.summary import failed

if TYPE_CHECKING:
    from fireworks import LaunchPad

#: A firework in one of these states may still run.
OPEN = ("READY", "RESERVED", "RUNNING", "PAUSED")
#: What is asked of a firework.
FIELDS = {"fw_id": 1, "state": 1, "name": 1, "spec.potash.study": 1, "launches": 1}
#: Results that are fetched at once.
AT_ONCE = 500

Firework = dict[str, Any]


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
    there = {"metadata.potash.project": project, "state": {"$ne": "ARCHIVED"}}
    groups = [each["metadata"]["potash"]["studies"] for each in launchpad.workflows.find(there, {"metadata": 1})]
    own = {"spec.potash.project": project, "state": {"$ne": "ARCHIVED"}}
    counted = launchpad.fireworks.aggregate([{"$match": own}, {"$group": {"_id": "$state", "count": {"$sum": 1}}}])
    states = Counter({each["_id"]: each["count"] for each in counted})
    told: dict[str, list[Firework]] = {}
    query = {"spec.potash.project": project, "state": {"$in": [*OPEN, "FIZZLED", "DEFUSED"]}}
    for firework in launchpad.fireworks.find(query, FIELDS):
        told.setdefault(firework["spec"]["potash"]["study"], []).append(firework)

    before = {study: state for study, _, state, _ in ledger.studies() if state in ("waiting", "failed")}
    missing = {row["summary"]: row["id"] for group in groups for row in group if row["id"] in before}
    finished = set()
    for study, result in _results(launchpad, vault, missing):
        ledger.study(study, result["status"], result["reason"], result)
        finished.add(study)
    for group in groups:
        together = [firework for row in group for firework in told.get(row["id"], [])]
        for study in before.keys() & {row["id"] for row in group} - finished:
            if reason := _why(launchpad, study, together):
                ledger.study(study, "failed", reason, failed(study, reason, about[study]))
            elif before[study] == "failed":
                ledger.study(study, "waiting")
    for study in before.keys() - {row["id"] for group in groups for row in group}:
        ledger.study(study, "waiting", "no longer on the LaunchPad; 'potash submit' puts it there again")
    running = {each["fw_id"] for fireworks in told.values() for each in fireworks if each["state"] == "RUNNING"}
    _calculations(launchpad, project, ledger, running)
    return states


def _results(launchpad: LaunchPad, vault: Path, summaries: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the results that there are, by study; summaries are jobs' ids with their studies."""
    store = Outputs(launchpad.db, Files(vault))
    wanted = list(summaries)
    for start in range(0, len(wanted), AT_ONCE):
        for found in store.query({"uuid": {"$in": wanted[start : start + AT_ONCE]}}):
            yield summaries[found["uuid"]], found["output"]


def _why(launchpad: LaunchPad, study: str, together: list[Firework]) -> str | None:
    """Say why a study without a result has failed; None where it may still go on."""
    own = {each["state"]: each for each in together if each["spec"]["potash"]["study"] == study}
    if "FIZZLED" in own:
        return _reason(launchpad, own["FIZZLED"])
    if "DEFUSED" in own:
        return "its jobs were defused on the LaunchPad; 'lpad reignite_fws' lets them go on"
    broken = {each["spec"]["potash"]["study"] for each in together if each["state"] == "FIZZLED"}
    if broken and not any(each["state"] in OPEN for each in together):
        return f"a study that it rests on failed: {', '.join(sorted(broken))}"
    return None


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
