"""Studies shared out among allocations: those that rest on each other together, by expected cost."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import TYPE_CHECKING

from pydantic import BaseModel

from potash.errors import BadInput, near

if TYPE_CHECKING:
    from jobflow import Flow

    from potash.studies.common import Resources
    from potash.workflows.cluster import Cluster
    from potash.workflows.planning import Entry

#: What potash itself takes beside its calculations, in MiB.
POTASH = 1024
#: Expectations may be wrong by a factor of two.
DOUBT = 2.0
#: Time that an allocation is given beside its calculations, and the shortest warning before its end, in seconds.
ASIDE = 1800
SHORTEST = 300


class Share(BaseModel):
    """The studies of one allocation, and what it asks for.

    Attributes
    ----------
    core_seconds
        Expected.
    memory
        In MiB.
    walltime, stop
        In seconds: its length, and how long before its end it stops.
    """

    studies: list[str]
    core_seconds: float
    cores: int
    memory: int
    walltime: int
    stop: int


def parents(flows: dict[str, Flow]) -> dict[str, set[str]]:
    """Give by study the studies whose results it needs."""
    owner = {job.uuid: study for study, flow in flows.items() for job, _ in flow.iterflow()}
    return {
        study: {
            owner[uuid] for job, _ in flow.iterflow() for uuid in job.input_uuids if owner.get(uuid, study) != study
        }
        for study, flow in flows.items()
    }


def chosen(flows: dict[str, Flow], wanted: Iterable[str]) -> dict[str, Flow]:
    """Keep the wanted studies, and those that they rest on, in their order.

    Raises
    ------
    BadInput
        If there is no such study.
    """
    above = parents(flows)
    found: set[str] = set()
    open_ = list(wanted)
    while open_:
        study = open_.pop()
        if study not in flows:
            raise BadInput(f"--only: no study has the id '{study}'{near(study, flows)}")
        if study not in found:
            found.add(study)
            open_ += above[study]
    return {study: flow for study, flow in flows.items() if study in found}


def together(flows: dict[str, Flow]) -> list[list[str]]:
    """Group the studies that rest on each other."""
    import networkx as nx

    graph = nx.Graph({study: list(above) for study, above in parents(flows).items()})
    order = {study: number for number, study in enumerate(flows)}
    return [sorted(group, key=order.__getitem__) for group in nx.connected_components(graph)]


def share_out(
    groups: list[list[str]],
    entries: list[Entry],
    resources: dict[str, Resources],
    cluster: Cluster,
    count: int | None = None,
) -> list[Share]:
    """Share groups of studies out, the longest first, each to whom has the least.

    Parameters
    ----------
    groups
        Studies that rest on each other.
    entries
        What is expected of their calculations.
    resources
        By study what the campaign asks for.
    cluster
        The most that an allocation may have.
    count
        So many allocations; else as many as the cost asks for.
    """
    to_do: dict[str, list[Entry]] = {study: [] for group in groups for study in group}
    for entry in entries:
        if entry.state in ("to do", "begun"):
            to_do[entry.study].append(entry)
    costs = [sum(entry.core_seconds for study in group for entry in to_do[study]) for group in groups]
    if count is None:
        count = min(cluster.allocations, ceil(DOUBT * sum(costs) / (cluster.cores * cluster.walltime)))
    loads = [0.0] * max(1, min(count, len(groups)))
    shares: list[list[str]] = [[] for _ in loads]
    for cost, group in sorted(zip(costs, groups, strict=True), key=lambda pair: -pair[0]):
        least = min(range(len(loads)), key=lambda number: (loads[number], len(shares[number])))
        loads[least] += cost
        shares[least] += group
    order = {study: number for number, study in enumerate(to_do)}
    return [_share(sorted(studies, key=lambda study: order[study]), to_do, resources, cluster) for studies in shares]


def _share(
    studies: list[str],
    to_do: dict[str, list[Entry]],
    resources: dict[str, Resources],
    cluster: Cluster,
) -> Share:
    """Say what the allocation of some studies asks for."""
    entries = [entry for study in studies for entry in to_do[study]]
    widths = [max((entry.cores for entry in to_do[study]), default=0) for study in studies]
    asked = [resources[study] for study in studies]
    cores = max((each.cores for each in asked if each.cores), default=max(1, min(cluster.cores, sum(widths))))
    most = cluster.memory or 2**31
    memory = max((each.memory for each in asked if each.memory), default=min(most, _memory(entries, cores)))
    seconds = sum(entry.core_seconds for entry in entries)
    longest = max((entry.core_seconds / max(1, entry.calls) / min(cores, entry.cores) for entry in entries), default=0)
    walltime = min(cluster.walltime, 600 * ceil((DOUBT * seconds / cores + ASIDE) / 600))
    stop = cluster.stop or max(SHORTEST, ceil(DOUBT * longest))
    return Share(
        studies=studies,
        core_seconds=seconds,
        cores=cores,
        memory=memory,
        walltime=walltime,
        stop=min(stop, walltime // 2) if cluster.stop is None else min(stop, walltime - 1),
    )


def _memory(entries: list[Entry], cores: int) -> int:
    """Add up the largest calculations that fill the cores, in MiB."""
    free, total = cores, 0.0
    for entry in sorted(entries, key=lambda each: -each.memory):
        if free <= 0:
            break
        free -= min(entry.cores, cores)
        total += entry.memory
    return POTASH + ceil(1024 * total)
