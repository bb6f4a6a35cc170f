"""What was tried with a calculation that failed: written beside it, and in force whenever it runs again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from potash.calcs.calculation import Calculation
from potash.calcs.faults import Found, Remedy, table
from potash.calcs.vault import write

#: Beside the calculation: what was tried with it.
FILE = "remedies.json"


class Tried(BaseModel):
    """A remedy that was tried.

    Attributes
    ----------
    fault, remedy
        The fault's number, and the remedy's name.
    calls
        Force calls on record when the fault came.
    said
        The sentence that the fault was told in.
    """

    model_config = ConfigDict(frozen=True)

    fault: str
    remedy: str
    calls: int
    said: str

    @property
    def known(self) -> Remedy | None:
        """The remedy as the table has it; None where another potash tried it."""
        row = table().get(self.fault)
        return None if row is None else next((one for one in row.remedies if one.name == self.remedy), None)


@dataclass
class Course:
    """The remedies of one calculation, those of earlier runs included.

    Parameters
    ----------
    calculation
        What is asked.
    folder
        Its folder in the vault.
    """

    calculation: Calculation
    folder: Path
    tried: list[Tried] = field(init=False)

    def __post_init__(self) -> None:
        path = self.folder / FILE
        rows = json.loads(path.read_text(encoding="utf-8"))["tried"] if path.exists() else []
        self.tried = [Tried.model_validate(row) for row in rows]

    @property
    def remedies(self) -> list[Remedy]:
        """Those in force, in the order in which they were tried."""
        return [one.known for one in self.tried if one.known is not None]

    def cores(self, wanted: int) -> int:
        """Say how many cores to ask for, instead of so many."""
        return min([wanted, *(one.cores for one in self.remedies if one.cores)])

    def memory(self) -> float:
        """Say how many times the estimated memory to ask for."""
        return max([1.0, *(one.memory for one in self.remedies)])

    def go_on(self, found: Found, calls: int, cores: int) -> bool:
        """Take up the next remedy of a fault, if there is one left.

        Parameters
        ----------
        found
            What happened.
        calls
            Force calls on record.
        cores
            How many were at work.
        """
        remedy = next((one for one in found.fault.remedies if self._left(one, found, calls, cores)), None)
        if remedy is None:
            return False
        self.tried.append(Tried(fault=found.fault.number, remedy=remedy.name, calls=calls, said=found.sentence))
        write(self.folder / FILE, {"tried": [one.model_dump() for one in self.tried]})
        errors = self.folder / "worker.err"
        if errors.exists():
            errors.replace(self.folder / f"worker.{len(self.tried)}.err")
        return True

    def _left(self, remedy: Remedy, found: Found, calls: int, cores: int) -> bool:
        asked = self.calculation
        fits = (remedy.engines is None or asked.engine in remedy.engines) and (
            remedy.tasks is None or asked.task in remedy.tasks
        )
        before = [one.calls for one in self.tried if (one.fault, one.remedy) == (found.fault.number, remedy.name)]
        fresh = calls not in before if remedy.again else not before
        return fits and fresh and (cores > 1 or not remedy.parallel)

    def applied(self) -> Calculation:
        """Give the calculation as the worker does it: the same question, by the ways of the remedies."""
        settings, options = dict(self.calculation.settings), dict(self.calculation.options)
        for remedy in self.remedies:
            if remedy.solver:
                settings["solver"] = laid_over(settings.get("solver", {}), remedy.solver, self.calculation.engine)
            options |= remedy.options
        return self.calculation.model_copy(update={"settings": settings, "options": options})

    def told(self) -> list[dict[str, Any]]:
        """Give what stands in the result: fault, remedy, at which call."""
        return [one.model_dump(include={"fault", "remedy", "calls"}) for one in self.tried]


def laid_over(solver: dict[str, Any], more: dict[str, Any], engine: str) -> dict[str, Any]:
    """Lay a remedy over what the engine's solver was told: words for all engines, and one's own ``parameters``."""
    own = more.get(engine, {})
    words = {key: value for key, value in more.items() if not isinstance(value, dict)}
    return {**solver, **words, "parameters": {**solver.get("parameters", {}), **own}}
