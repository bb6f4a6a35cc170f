"""A campaign handed to a scheduler, as a person sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from potash.errors import BadInput, near
from potash.show.progress import words
from potash.show.project import planned_of, read, vault_of
from potash.workflows import slurm, submission
from potash.workflows.cluster import Cluster
from potash.workflows.cluster import load as load_cluster
from potash.workflows.ledger import Ledger, hold

if TYPE_CHECKING:
    from potash.campaign import Campaign
    from potash.workflows.planning import Entry
    from potash.workflows.shares import Share
    from potash.workflows.submission import Submission

PLACES = ("slurm", "fireworks")

console = Console(highlight=False, soft_wrap=True)


def submit(
    file: Path,
    to: str,
    directory: Path | None,
    cluster: Path | None,
    allocations: int | None,
    launchpad: Path | None,
    engine: str | None,
    protocol: str | None,
    *,
    dry_run: bool,
) -> None:
    """Hand a campaign over, or print what would be handed over."""
    from potash.show import fireworks

    if to not in PLACES:
        raise BadInput(f"--to: unknown place '{to}'{near(to, PLACES)}")
    others = {"cluster": cluster, "allocations": allocations} if to == "fireworks" else {"launchpad": launchpad}
    if given := [name for name, value in others.items() if value is not None]:
        raise BadInput(f"--{given[0]} is of no use with --to {to}; leave it out")
    if to == "fireworks":
        fireworks.submit(file, directory, launchpad, engine, protocol, dry_run=dry_run)
    else:
        _to_slurm(file, directory, cluster, allocations, engine, protocol, dry_run=dry_run)


def _to_slurm(
    file: Path,
    directory: Path | None,
    cluster: Path | None,
    allocations: int | None,
    engine: str | None,
    protocol: str | None,
    *,
    dry_run: bool,
) -> None:
    """Share a campaign's studies out among allocations."""
    from potash.workflows.build import benches, folder_of
    from potash.workflows.shares import share_out

    profile = load_cluster(cluster)
    if not dry_run:
        slurm.present()
    campaign = read(file, engine, protocol)
    project = folder_of(campaign, directory)
    if not dry_run:
        submission.refuse_twice(project)
    studies = {bench.name: bench.study for bench in benches(campaign)}
    entries, groups = _planned(campaign, project)
    resources = {name: study.resources for name, study in studies.items()}
    shares = share_out(groups, entries, resources, profile, allocations)
    made = _submission(campaign, project, profile, shares, (engine, protocol))
    if dry_run:
        for text in submission.scripts(project, made, profile):
            console.print(text, markup=False)
        _table(made)
        return
    project.mkdir(parents=True, exist_ok=True)
    with hold(project):
        submission.refuse_twice(project)  # another one may have been quicker
        ledger = Ledger(project, make=True)
        kinds = [(name, str(study.kind)) for name, study in studies.items()]
        ledger.begin(campaign.campaign, made.file, kinds, planned_of(entries), engine, protocol)
        ledger.close()
        jobs = submission.hand_over(project, made, profile)
    _table(made)
    console.print(
        f"Submitted as job {' '.join(jobs)}; 'potash status {project}' shows queue and progress", markup=False
    )


def _planned(campaign: Campaign, project: Path) -> tuple[list[Entry], list[list[str]]]:
    """Plan the campaign; give its calculations, and its studies in groups that rest on each other."""
    from potash.workflows import planning
    from potash.workflows.build import build
    from potash.workflows.shares import together

    flows = build(campaign)
    groups = together(flows)
    return planning.plan(flows, vault_of(project)), groups


def _submission(
    campaign: Campaign, project: Path, profile: Cluster, shares: list[Share], chosen: tuple[str | None, str | None]
) -> Submission:
    """Put together what is handed over; what was killed for its memory before has more."""
    needed = submission.learned(project)
    return submission.Submission(
        name=campaign.campaign,
        file=campaign.path.resolve(),
        vault=vault_of(project).root.resolve(),
        engine=chosen[0],
        protocol=chosen[1],
        scratch=profile.scratch,
        most=profile.memory,
        shares=[share.model_copy(update={"memory": max(share.memory, needed)}) for share in shares],
    )


def _table(made: Submission) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("allocation")
    for heading in ("studies", "core-hours", "cores", "memory", "walltime", "stops before"):
        table.add_column(heading, justify="right")
    for number, share in enumerate(made.shares, start=1):
        table.add_row(
            f"{number:02d}",
            str(len(share.studies)),
            f"{share.core_seconds / 3600:.3f}",
            str(share.cores),
            f"{share.memory} MiB",
            slurm.clock(share.walltime),
            words(share.stop),
        )
    console.print(table)
