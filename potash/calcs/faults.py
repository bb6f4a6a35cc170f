"""The table of faults: number, what the user reads, what is tried, in which order, how often, and what is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from potash.errors import BadInput, CalculationFailed, fault_of

#: What has no number of its own.
OTHER = "F000"


class Remedy(BaseModel):
    """One way of helping a calculation on, which never changes what is computed.

    Attributes
    ----------
    name, does
        In a word or two, and in a sentence.
    again
        It changes nothing, and may help once a force call.
    parallel
        It helps only where several cores are at work.
    engines, tasks
        For which it is; None for all.
    solver, options
        Laid over the engine's settings and the task's options, in the worker alone.
    cores
        At most so many.
    memory
        So many times the estimate is asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    does: str
    again: bool = False
    parallel: bool = False
    engines: tuple[str, ...] | None = None
    tasks: tuple[str, ...] | None = None
    solver: dict[str, Any] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)
    cores: int | None = None
    memory: float = 1.0


class Fault(BaseModel):
    """A row of the table; see the head of ``faults.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str = Field(pattern=r"^F\d{3}$")
    fault: str
    says: str
    signs: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    passing: bool = False
    remedies: tuple[Remedy, ...] = ()
    keeps: str
    injected: str


@dataclass(frozen=True)
class Found:
    """A fault as it happened: its row, and the sentence with its number."""

    fault: Fault
    sentence: str


@cache
def table() -> dict[str, Fault]:
    """Give all faults by number, in the order in which they are looked for."""
    rows = yaml.safe_load((Path(__file__).parent / "faults.yaml").read_text(encoding="utf-8"))
    return {row["number"]: Fault.model_validate(row) for row in rows}


def sentence(number: str, **details: Any) -> str:
    """Write a fault's sentence, its number first."""
    return f"{number}: {table()[number].says.format_map(details)}"


def failed(number: str, **details: Any) -> CalculationFailed:
    """Make the error of a fault that potash itself finds while it computes."""
    return CalculationFailed(sentence(number, **details))


def refused(number: str, **details: Any) -> BadInput:
    """Make the error of a fault that potash finds before it computes."""
    return BadInput(sentence(number, **details))


def recognise(text: str) -> Found | None:
    """Find the first fault that a text shows a sign of; one that bears its number already is known by it."""
    if (number := fault_of(text)) in table():
        return Found(table()[number], text[text.index(number) :].strip())
    for fault in table().values():
        for sign in fault.signs:
            if hit := re.search(sign, text):
                said = hit.groupdict().get("said") or _line(text, hit)
                return Found(fault, sentence(fault.number, said=said))
    return None


def by_code(code: int) -> Found | None:
    """Find the fault that an exit code tells of; a negative one is a signal's."""
    for fault in table().values():
        if code in fault.codes:
            return Found(fault, sentence(fault.number, said=f"code {code}"))
    return None


def other(said: str) -> Found:
    """Say what has no number of its own."""
    return Found(table()[OTHER], sentence(OTHER, said=said))


def _line(text: str, hit: re.Match[str]) -> str:
    """Give the line of a hit, without the name of Python's own errors."""
    start = text.rfind("\n", 0, hit.start()) + 1
    end = text.find("\n", hit.end())
    line = text[start : end if end >= 0 else None].strip()
    return re.sub(r"^(OSError|RuntimeError|PermissionError|ValueError): ", "", line)[:200].rstrip(".;")
