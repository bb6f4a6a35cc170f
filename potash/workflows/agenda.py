"""Which job is next: those whose parents are done, by their place in the campaign."""

from __future__ import annotations

from collections import defaultdict
from heapq import heapify, heappop, heappush

from jobflow import Flow, Job

from potash.workflows.steps import ordered


class Agenda:
    """The jobs of a campaign's graphs that were not begun, each handed out once all that it rests on is done.

    Jobs of studies that stand first in the file go first, so that studies end one after the other. What a job's end
    costs does not grow with the campaign.

    Parameters
    ----------
    flows
        By the studies' ids, in the file's order.
    """

    def __init__(self, flows: dict[str, Flow]) -> None:
        self._waiting: dict[str, dict[str, Job]] = {}
        self._place: dict[str, int] = {}
        self._missing: dict[str, int] = {}
        self._children: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        self._ready: list[tuple[int, str, str]] = []
        for study, flow in flows.items():
            self._waiting[study] = {}
            for job, parents in ordered(flow):
                self._add(study, job, parents)
        heapify(self._ready)

    def _add(self, study: str, job: Job, parents: set[str]) -> None:
        self._waiting[study][job.uuid] = job
        self._place[job.uuid] = len(self._place)
        self._missing[job.uuid] = len(parents)
        for parent in parents:
            self._children[parent].append((study, job.uuid))
        if not parents:
            self._ready.append((self._place[job.uuid], study, job.uuid))

    def take(self) -> tuple[str, Job] | None:
        """Hand out the next job that can begin, with its study; None where none can."""
        while self._ready:
            _, study, uuid = heappop(self._ready)
            if uuid in self._waiting[study]:
                return study, self._waiting[study].pop(uuid)
        return None

    def done(self, job: Job) -> None:
        """Say that a job is done."""
        for study, uuid in self._children.pop(job.uuid, ()):
            self._missing[uuid] -= 1
            if not self._missing[uuid]:
                heappush(self._ready, (self._place[uuid], study, uuid))

    def drop(self, study: str) -> None:
        """Give up what was not begun of a study."""
        self._waiting[study].clear()

    def studies(self) -> list[str]:
        """List the studies with jobs that were never handed out."""
        return [study for study, jobs in self._waiting.items() if jobs]
