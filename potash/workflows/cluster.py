"""Cluster profiles: what a scheduler is asked for, in YAML; nothing in one can leave its line of a script."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from potash.errors import BadInput, near
from potash.reading import Page, read
from potash.studies.common import Memory, Model, Natural

#: What may stand in a directive: no space, no quote, nothing that a shell or Slurm reads as its own.
WORD = r"^[A-Za-z0-9][A-Za-z0-9_.,:+@%\[\]=-]*$"
#: Directives that potash writes itself, or that would make a job another one.
OWN = {
    "account",
    "array",
    "bcast",
    "chdir",
    "clusters",
    "dependency",
    "error",
    "export",
    "export-file",
    "gid",
    "input",
    "job-name",
    "mem",
    "no-requeue",
    "nodes",
    "ntasks",
    "open-mode",
    "output",
    "parsable",
    "partition",
    "qos",
    "requeue",
    "time",
    "uid",
    "wait",
    "wrap",
}
_TIME = re.compile(r"^(?:(\d{1,3})-)?(\d{1,3}):(\d{2}):(\d{2})$")


def _seconds(value: Any) -> int:
    """Read Slurm's way of writing a time; what YAML makes of 24:00:00 by itself never comes here."""
    found = _TIME.match(str(value))
    if not found or int(found[3]) > 59 or int(found[4]) > 59:
        raise ValueError("no time")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds


def _directive(value: Any) -> str:
    name, _, rest = str(value).removeprefix("--").partition("=")
    if not str(value).startswith("--") or not re.match(r"^[a-z][a-z-]*$", name) or name in OWN:
        raise ValueError("no directive")
    if rest and not re.match(WORD, rest):
        raise ValueError("no value")
    return str(value)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or "\0" in str(value):
        raise ValueError("no text")
    return str(value)


Word = Annotated[str, Field(pattern=WORD)]
Time = Annotated[int, BeforeValidator(_seconds)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Cluster(Model):
    """A cluster profile; all keys may be left out.

    Attributes
    ----------
    walltime, stop
        In seconds; `stop` is how long before its end an allocation stops; None: by the estimate.
    memory
        The most that an allocation may ask for, in MiB.
    """

    partition: Word | None = Field(default=None, description="the name of a partition")
    account: Word | None = Field(default=None, description="the name of an account")
    qos: Word | None = Field(default=None, description="the name of a quality of service")
    modules: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./+-]*$")], ...] = Field(
        default=(), description="a list of modules to load, as [quantum-espresso/7.2]"
    )
    launcher: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_./][A-Za-z0-9_./:,=+-]*( [A-Za-z0-9_./:,=+-]+)*$",
        description="the command that starts MPI programs, as mpiexec or srun --overlap",
    )
    scratch: str | None = Field(
        default=None,
        pattern=r"^[/$][A-Za-z0-9_./${}-]*$",
        description="a folder on the nodes, as /scratch/$USER",
    )
    walltime: Time = Field(default=86400, ge=60, description="a time of at least a minute, as 24:00:00 or 2-00:00:00")
    stop: Time | None = Field(default=None, ge=1, description="a time, as 00:30:00")
    cores: Natural = Field(default=16, description="a whole number of at least 1")
    memory: Memory | None = Field(default=None, description="an amount of memory, as 500M or 64G")
    allocations: Natural = Field(default=4, description="a whole number of at least 1")
    directives: tuple[Annotated[str, BeforeValidator(_directive)], ...] = Field(
        default=(),
        description="a list of Slurm's other options, one word each, as [--constraint=skylake] (potash writes its own)",
    )
    environment: dict[Variable, Annotated[str, BeforeValidator(_text)]] = Field(
        default_factory=dict,
        description="a mapping of variables to texts or numbers, as {ESPRESSO_PSEUDO: /share/sssp}",
    )


def load(path: Path | None) -> Cluster:
    """Read a cluster profile; without one that which ``POTASH_CLUSTER`` names, or the default.

    Raises
    ------
    BadInput
        In one sentence with file, line and key.
    """
    named = os.environ.get("POTASH_CLUSTER")
    path = path or (Path(named) if named else None)
    if path is None:
        return Cluster()
    page = read(path, "cluster profile", f"such as {', '.join(list(Cluster.model_fields)[:3])}")
    content = dict(page.content)
    for key in content:
        if key not in Cluster.model_fields:
            raise BadInput(f"{path}:{page.line([str(key)])}: unknown key '{key}'{near(str(key), Cluster.model_fields)}")
    for key in ("walltime", "stop"):
        if key in content:  # YAML takes 24:00:00 for a number
            content[key] = page.written([key]).strip("\"'")
    try:
        return Cluster.model_validate(content)
    except ValidationError as error:
        raise BadInput(_sentence(error, page)) from None


def _sentence(error: ValidationError, page: Page) -> str:
    where = error.errors(include_url=False)[0]["loc"]
    place = [step for step in where if step != "[key]"]
    field = Cluster.model_fields[str(where[0])]
    return f"{page.path}:{page.line(place)}: {where[0]} must be {field.description}, not {page.written(place)}"
