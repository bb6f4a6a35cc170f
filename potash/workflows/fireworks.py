"""Studies as workflows on a LaunchPad, by jobflow's bridge to FireWorks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobflow import Flow
from monty.json import MontyEncoder

from potash.calcs import expected
from potash.calcs.calculation import Calculation
from potash.calcs.engine import Cost
from potash.workflows.outputs import BOUND, Files
from potash.workflows.planning import Planner

if TYPE_CHECKING:
    from fireworks import LaunchPad, Workflow
    from jobflow import Job

#: Estimates are right within a factor of two; a queue kills what takes longer than it asked for.
MARGIN = 4.0
#: The shortest walltime that is asked for, in seconds, and the memory of a worker beside its calculation, in GiB.
SHORTEST, OWN_MEMORY = 900, 1.0
#: Workflows that are sent to the database at once.
AT_ONCE = 200
#: A workflow that goes on by itself, or has ended well.
ALIVE = ("WAITING", "READY", "RESERVED", "RUNNING", "COMPLETED", "PAUSED")


@dataclass
class Asker(Planner):
    """A planner that also notes what each job asks for."""

    asked: dict[str, list[Cost]] = field(default_factory=dict)

    def perform(self, calculation: Calculation, label: str) -> dict[str, Any]:
        """Write the calculation down, and the job that asked."""
        if self.vault.result(calculation.key) is None:
            self.asked.setdefault(self.job, []).append(expected.cost(calculation))
        return super().perform(calculation, label)


def resources(costs: list[Cost]) -> dict[str, Any]:
    """Say what a job asks of a queue, by the names of FireWorks' queue adapters."""
    wide = max((cost.cores for cost in costs), default=1)
    seconds = sum(cost.core_seconds / min(wide, cost.cores) for cost in costs)
    memory = OWN_MEMORY + 1.5 * max((cost.memory for cost in costs), default=0.0)
    minutes = 5 * ceil(max(SHORTEST, MARGIN * seconds) / 300)
    return {
        "ntasks": wide,
        "walltime": f"{minutes // 60:02d}:{minutes % 60:02d}:00",
        "mem_per_cpu": ceil(memory * 1024 / wide),
    }


@dataclass(frozen=True)
class Parcel:
    """Studies that rest on each other, as one workflow.

    Attributes
    ----------
    studies
        Their ids.
    flow
        All their jobs.
    fingerprint
        The hash of what is asked, whatever the jobs are called this time.
    """

    studies: tuple[str, ...]
    flow: Flow
    fingerprint: str


def parcels(flows: dict[str, Flow], vault: Path) -> list[Parcel]:
    """Put studies that rest on each other together, all others by themselves.

    FireWorks looks through a whole workflow after each of its jobs: many small ones cost less than a wide one.
    """
    home = {uuid: study for study, flow in flows.items() for uuid in flow.job_uuids}
    group = {study: [study] for study in flows}
    for study, flow in flows.items():
        for uuid in {uuid for job in _jobs(flow) for uuid in job.input_uuids}:
            mine, other = group[study], group[home[uuid]]
            if mine is not other:
                mine += other
                group.update(dict.fromkeys(other, mine))
    order = {study: number for number, study in enumerate(flows)}
    made = []
    for studies in {id(each): each for each in group.values()}.values():
        names = tuple(sorted(studies, key=order.__getitem__))
        flow = flows[names[0]] if len(names) == 1 else Flow([flows[name] for name in names], name=_title(names))
        made.append(Parcel(names, flow, _fingerprint(flow, names, vault)))
    return made


def _title(names: tuple[str, ...]) -> str:
    return f"{names[0]} and {len(names) - 1} more"


def _fingerprint(flow: Flow, names: tuple[str, ...], vault: Path) -> str:
    jobs = _jobs(flow)
    asked = [[job.name, job.function_args, job.function_kwargs] for job in jobs]
    text = json.dumps([names, str(vault), asked], cls=MontyEncoder)
    for number, job in enumerate(jobs):
        text = text.replace(job.uuid, f"job {number}")
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def workflow(
    parcel: Parcel, flows: dict[str, Flow], asked: dict[str, dict[str, Any]], about: dict[str, Any]
) -> Workflow:
    """Make a FireWorks workflow.

    Parameters
    ----------
    parcel
        The studies.
    flows
        All studies' graphs.
    asked
        What a job asks of a queue, by the job's uuid.
    about
        ``project`` (its id), ``vault`` (its folder).
    """
    from jobflow.managers.fireworks import flow_to_workflow

    from potash.workflows.firetask import StudyTask

    files = Files(Path(about["vault"]))
    summaries = []
    for study in parcel.studies:
        for job in _jobs(flows[study]):
            queue = asked.get(job.uuid) or resources([])
            category = "parallel" if queue["ntasks"] > 1 else "serial"
            told = {**about, "study": study, "job": job.uuid}
            job.config.manager_config = {"_queueadapter": queue, "_category": category, "potash": told}
        summaries.append({"id": study, "summary": flows[study].output.uuid})
    metadata = {"potash": {"project": about["project"], "fingerprint": parcel.fingerprint, "studies": summaries}}
    made = flow_to_workflow(parcel.flow, metadata=metadata)
    for firework in made.fws:
        firework.tasks = [StudyTask(job=_packed(firework.tasks[0]["job"], files))]
    return made


def _jobs(flow: Flow) -> list[Job]:
    """Give a graph's jobs in the order in which they were made."""
    return [job for each in flow.jobs for job in (_jobs(each) if isinstance(each, Flow) else [each])]


def _packed(job: Job, files: Files) -> str | dict[str, str]:
    # The bridge's own configuration is in the firework's spec already.
    job.config.manager_config = {}
    text = json.dumps(job, cls=MontyEncoder)
    return files.put(text) if len(text) > BOUND else text


def add(launchpad: LaunchPad, made: list[Parcel], project: str, make: Any) -> tuple[int, int]:
    """Add workflows that are not there yet; those of earlier submissions that ask for something else are archived.

    Returns
    -------
    tuple of int
        How many were added, and how many were there.
    """
    launchpad.workflows.create_index("metadata.potash.project")
    launchpad.fireworks.create_index("spec.potash.project")
    wanted = {parcel.fingerprint for parcel in made}
    there: set[str] = set()
    whole = set(launchpad.fireworks.distinct("fw_id", {"spec.potash.project": project}))
    known = launchpad.workflows.find(
        {"metadata.potash.project": project, "state": {"$ne": "ARCHIVED"}}, {"nodes": 1, "state": 1, "metadata": 1}
    )
    for each in known:
        fingerprint = each["metadata"]["potash"]["fingerprint"]
        if not whole.issuperset(each["nodes"]):  # a submission was killed between workflows and their jobs
            launchpad.workflows.delete_one({"nodes": each["nodes"]})
            launchpad.fireworks.delete_many({"fw_id": {"$in": each["nodes"]}})
        elif fingerprint in wanted and fingerprint not in there and each["state"] in ALIVE:
            there.add(fingerprint)
        else:
            launchpad.archive_wf(each["nodes"][0])
    new = [parcel for parcel in made if parcel.fingerprint not in there]
    for start in range(0, len(new), AT_ONCE):
        launchpad.bulk_add_wfs([make(parcel) for parcel in new[start : start + AT_ONCE]])
    return len(new), len(there)
