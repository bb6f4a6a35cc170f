"""What studies of liquids say of the levels of their shells."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from potash.studies.common import Model, Natural


class ShellLevels(Model):
    """How the commonest shells are sent on to an engine that gives levels."""

    engine: Literal["pyscf", "gpaw"] = "pyscf"
    geometry: Literal["given", "tblite", "relaxed"] = "given"
    samples: Annotated[Natural, Field(le=20)] = 1
    settings: dict[str, Any] = Field(default_factory=dict)


#: In the words of an error.
WORDS = (
    "a mapping of engine (pyscf or gpaw), geometry (given, tblite or relaxed), samples (a whole number from 1 to 20) and settings, "
    "as {samples: 3}, or left out"
)
Levels = Annotated[ShellLevels | None, Field(description=WORDS)]
