"""One job of a graph: its arguments, what it does, and what it gave."""

from __future__ import annotations

from copy import deepcopy
from graphlib import TopologicalSorter
from typing import Any

from jobflow import Flow, Job, JobStore
from jobflow.core.reference import find_and_resolve_references

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def ordered(flow: Flow) -> list[tuple[Job, set[str]]]:
    """List a graph's jobs, each after those that it rests on, with the uuids of these, be they this graph's or not.

    As `Flow.iterflow`, but the jobs' arguments are searched for references once.
    """
    jobs: dict[str, Any] = {job.uuid: job for job in flow.jobs}
    place = {uuid: number for number, uuid in enumerate(jobs)}
    parents = {uuid: set(job.input_uuids) for uuid, job in jobs.items()}
    sorter = TopologicalSorter(
        {uuid: sorted(found & jobs.keys(), key=place.__getitem__) for uuid, found in parents.items()}
    )
    return [(jobs[uuid], parents[uuid]) for uuid in sorter.static_order()]


def arguments(job: Job, outputs: JobStore) -> Arguments:
    """Give a job's arguments, with what earlier jobs gave in the place of references.

    The job itself stays as it is: a graph that was planned can be run.
    """
    cache: dict[str, Any] = {}
    missing = job.config.on_missing_references
    args, kwargs = (
        find_and_resolve_references(each, outputs, cache=cache, on_missing=missing)
        for each in (job.function_args, job.function_kwargs)
    )
    return deepcopy(tuple(args)), deepcopy(kwargs)


def carry_out(job: Job, found: Arguments) -> Any:
    """Do what a job does, with these arguments."""
    args, kwargs = found
    return getattr(job.function, "original", job.function)(*args, **kwargs)


def keep(job: Job, output: Any, outputs: JobStore) -> None:
    """Keep what a job gave, for those that refer to it."""
    document = {"uuid": job.uuid, "index": job.index, "name": job.name, "output": output}
    outputs.docs_store.update(document, key=["uuid", "index"])
