"""How far a run of dynamics is, as it says itself: steps, simulated time, phase, pace, and the time that is left."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

#: Beside a calculation's log of force calls.
FILE = "stage.json"


@dataclass(frozen=True)
class Stage:
    """Where a run of dynamics stands.

    Attributes
    ----------
    steps
        Taken so far, in all phases.
    phase
        In words: to the density, rest, or production.
    span
        Simulated so far, in all phases, in ns.
    pace
        Of the last blocks, in ns/day.
    left
        Seconds that the run would go on for when this was told.
    told
        When that was, in seconds since 1970.
    """

    steps: int
    phase: str
    span: float
    pace: float
    left: float
    told: float

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read what a run told last; None where it told nothing yet, or is no dynamics."""
        with suppress(FileNotFoundError, ValueError, TypeError):
            return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))
        return None

    def write(self, folder: Path) -> None:
        """Tell it, whole or not at all."""
        part = folder / f"{FILE}.part"
        part.write_text(json.dumps(asdict(self)), encoding="utf-8")
        part.replace(folder / FILE)

    @property
    def words(self) -> str:
        """Say the simulated time, the phase and the pace."""
        return f"{self.span:.3g} ns, {self.phase}, {self.pace:.3g} ns/day"

    @property
    def seconds(self) -> float:
        """How long it will still take, in seconds from now."""
        return max(0.0, self.left - (time.time() - self.told))
