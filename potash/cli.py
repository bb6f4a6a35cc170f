"""The command line: one verb a command. It parses, calls and prints; nothing else."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, Optional

import typer

from potash.calcs.cores import cores_here
from potash.errors import BadInput, shown

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Screen the interfaces inside alkali-ion batteries: a campaign file goes in, a report comes out.\n\n"
    "Begin with `potash doctor`, then `potash plan FILE` and `potash run FILE`.",
    pretty_exceptions_enable=False,
)

File = Annotated[Path, typer.Argument(help="The campaign file (YAML).", show_default=False)]
Folder = Annotated[Path, typer.Argument(help="The project folder.")]
In = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads it at run time)
    typer.Option("--dir", help="The project folder; else a folder here, named like the campaign.", show_default=False),
]
Engine = Annotated[
    str | None,
    typer.Option(help="Use this engine instead of the campaign's, with its own settings.", show_default=False),
]
Protocol = Annotated[
    str | None, typer.Option(help="fast, standard or strict, instead of the campaign's.", show_default=False)
]
HERE = cores_here()
Cores = Annotated[
    int,
    typer.Option(
        min=1, help="Cores to use: at most so many at once, by all calculations together; else all that this may use."
    ),
]
Memory = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        min=0.01,
        help="Memory to use, in GiB: calculations wait for each other by their estimates; else all that is free.",
        show_default=False,
    ),
]
Grace = Annotated[
    float,
    typer.Option(
        min=0,
        envvar="POTASH_GRACE",
        help="On Ctrl-C or SIGTERM, force calls under way may take so many seconds to end; what ends is kept. "
        "Ctrl-C once more kills them.",
    ),
]


def _allow(folders: list[Path]) -> list[Path]:
    from potash.structures.files import allow

    allow(folders)
    return folders


Files = Annotated[
    list[Path],
    typer.Option(
        "--files",
        callback=_allow,
        show_default=False,
        help="Let the campaign read structure files from this folder too, besides its own; may be given again.",
    ),
]


@app.command()
def run(
    file: File,
    directory: In = None,
    cores: Cores = HERE,
    memory: Memory = None,
    grace: Grace = 60,
    engine: Engine = None,
    protocol: Protocol = None,
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="STUDY",
            help="Only this study, and those that it rests on; may be given again. @FILE names one a line.",
            show_default=False,
        ),
    ] = None,
    files: Files = [],  # noqa: B006  (typer's own default of a list; its callback takes the folders)
) -> None:
    """Build, run here, report. Run it again after any stop: it goes on, and repeats nothing that is finished.

    Exit code 0: all done; 1: some study failed or is no barrier (the report says which); 2: bad input; 130: stopped.
    """
    from potash.show.project import run_here

    _exit(lambda: run_here(file, directory, cores, engine, protocol, only or (), memory=memory, grace=grace))


@app.command()
def plan(
    file: File,
    directory: In = None,
    engine: Engine = None,
    protocol: Protocol = None,
    settings: Annotated[bool, typer.Option("--settings", help="Show every setting and where it comes from.")] = False,
    files: Files = [],  # noqa: B006
) -> None:
    """Show what `run` would calculate: atoms, k-points, expected cost, what is done already, what changed."""
    from potash.show.plan import show_plan

    show_plan(file, directory, engine, protocol, settings=settings)


@app.command()
def submit(
    file: File,
    to: Annotated[str, typer.Option(metavar="PLACE", help="Where to: slurm or fireworks.", show_default=False)],
    directory: In = None,
    cluster: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="slurm: the cluster's profile (YAML); else the one that POTASH_CLUSTER names.", show_default=False
        ),
    ] = None,
    allocations: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="slurm: share the studies out among so many; else as many as the cost asks for."),
    ] = None,
    launchpad: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--launchpad",
            help="fireworks: my_launchpad.yaml, mode 0600 where it holds a password; else POTASH_MONGODB_URI; else lpad's.",
            show_default=False,
        ),
    ] = None,
    engine: Engine = None,
    protocol: Protocol = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be submitted, and submit nothing.")
    ] = False,
    files: Files = [],  # noqa: B006
) -> None:
    """Hand a campaign to a cluster. `potash status` shows how far it is; submit again after a stop or a change.

    **slurm**: each allocation runs its share of the studies over the project's vault, stops before its walltime ends, and is
    followed by another until all is done; the last one writes the report.

    **fireworks**: the studies go on a LaunchPad, for FireWorks' workers (rlaunch, qlaunch); `status` and `report` fetch what is
    finished, `rerun` lets failed jobs run again.
    """
    from potash.show.submit import submit as hand_over

    hand_over(file, to, directory, cluster, allocations, launchpad, engine, protocol, dry_run=dry_run)


@app.command(hidden=True)
def allocation(project: Path, number: int) -> None:
    """Work in an allocation: what `submit` writes into its scripts."""
    from potash.workflows.allocation import work

    raise typer.Exit(work(project, number))


@app.command()
def status(
    directory: Folder = Path(),
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds until all is done.")] = False,
) -> None:
    """Show where a project stands, with the time left."""
    from potash.show.status import show

    show(directory, watch=watch)


@app.command()
def report(
    directory: Folder = Path(),
    study: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--study", help="Of this study alone, into report/chosen; can be given again.", show_default=False
        ),
    ] = None,
) -> None:
    """Write the report from what is there.

    Of more than 200 studies it is a page to search, sort and plot, which opens each study's section on demand;
    `--study` draws the figures and structures of those that you want to see.
    """
    from potash.show.project import write_report

    typer.echo(f"Report: {write_report(directory, tuple(study or ()))}")


@app.command()
def rerun(
    directory: Folder = Path(),
    cores: Cores = HERE,
    memory: Memory = None,
    grace: Grace = 60,
    files: Files = [],  # noqa: B006
) -> None:
    """Try the failed calculations of a project again, then go on as `run` does. Their force calls are kept.

    Of a project on a cluster, it only lets them be tried again: by FireWorks' workers, or after the next `submit`.
    """
    from potash.show.project import run_again

    _exit(lambda: run_again(directory, cores, memory=memory, grace=grace))


@app.command()
def structure(
    name: Annotated[
        str, typer.Argument(help="A phase or molecule (K2Se, EC, ...) or a structure file.", show_default=False)
    ] = "",
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", help="Write to this file; its ending says the format.", show_default=False),
    ] = None,
    primitive: Annotated[bool, typer.Option("--primitive", help="The primitive cell.")] = False,
    facet: Annotated[str, typer.Option(help="Cut this facet: 1,1,1.", show_default=False)] = "",
    termination: Annotated[
        str, typer.Option(help="End the facet so; else not polar, with the fewest cut bonds.", show_default=False)
    ] = "",
    terminations: Annotated[
        bool, typer.Option("--terminations", help="List the facet's terminations instead.")
    ] = False,
    layers: Annotated[int, typer.Option(min=1, help="Layers of the facet: repeat units.")] = 4,
    thickness: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=0.1, help="At least so thick, in Å, instead of layers.", show_default=False),
    ] = None,
    supercell: Annotated[str, typer.Option(help="Repeat the cell: 2,2,2.", show_default=False)] = "",
    substrate: Annotated[
        str, typer.Option(help="Lay it as a film on this phase: list the interfaces' cells.", show_default=False)
    ] = "",
    substrate_facet: Annotated[
        str, typer.Option(help="The substrate's facet; a layer has none.", show_default=False)
    ] = "",
    match: Annotated[int, typer.Option(min=1, help="Write the interface of this number.")] = 1,
    max_area: Annotated[float, typer.Option(min=1, max=400, help="The interface's cell has at most so many Å².")] = 200,
    max_strain: Annotated[float, typer.Option(min=1e-6, max=0.2, help="The film is strained at most so far.")] = 0.05,
    superlattice: Annotated[bool, typer.Option("--superlattice", help="Two interfaces instead of vacuum.")] = False,
) -> None:
    """Build one structure, to a file or to the screen. Without a name: list what potash knows."""
    from potash.show.interface import Join
    from potash.show.structure import Slab, build

    slab = Slab(facet, termination, layers, thickness, terminations)
    asked = Join(substrate, substrate_facet, match, max_area, max_strain, superlattice)
    typer.echo(build(name, output, primitive=primitive, supercell=supercell, slab=slab, asked=asked))


@app.command()
def published(
    identity: Annotated[
        str, typer.Argument(metavar="[ID or words]", help="A row's id (A007), or words to search for.")
    ] = "",
) -> None:
    """Show the catalogue of published values, or one of them with its source and cautions."""
    from potash.show.catalogue import show

    show(identity)


@app.command()
def reproduce(
    identity: Annotated[str, typer.Argument(metavar="ID", help="A published value's id, A016.", show_default=False)],
    directory: In = None,
    cores: Cores = HERE,
    memory: Memory = None,
    grace: Grace = 60,
) -> None:
    """Compute a published value anew: run the example campaign that answers it, and say how the two compare.

    What the campaign assumes stands in its head; `potash plan` on it says first what it will cost.
    """
    from potash.show.reproduce import reproduce as work

    _exit(lambda: work(identity, directory, cores, memory=memory, grace=grace))


@app.command()
def doctor() -> None:
    """Say what works on this machine, and for each lack the line that mends it."""
    from potash.show.doctor import show

    show()


def _exit(work: Callable[[], int]) -> NoReturn:
    """Do long work; a person or a scheduler may stop it."""
    try:
        code = work()
    except KeyboardInterrupt:
        _say("stopped; the same command goes on from here")
        code = 130
    raise typer.Exit(code)


def main() -> None:
    """Run the command line; every error that a person can mend is one sentence, exit code 2."""
    try:
        app()
    except BadInput as error:
        _say(str(error))
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, sqlite3.Error) as error:
        what = getattr(error, "strerror", None) or str(error)
        where = f": {error.filename}" if isinstance(error, OSError) and error.filename else ""
        runs = len(sys.argv) > 1 and sys.argv[1] in ("run", "rerun")
        _say(
            f"{what}{where}" + ("; what was finished is kept, and the same command goes on from there" if runs else "")
        )
        sys.exit(1 if runs else 2)


def _say(sentence: str) -> None:
    typer.secho(f"potash: {shown(sentence)}", err=True, fg=typer.colors.RED)


if __name__ == "__main__":
    main()
