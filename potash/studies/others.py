"""Studies of molecules, and of what other studies gave."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from potash.studies.common import BaseStudy


class OrbitalsStudy(BaseStudy):
    """HOMO and LUMO of molecules, the vacuum level as zero."""

    kind: Literal["orbitals"]
    molecules: Annotated[tuple[str, ...], Field(min_length=1, description="a list of molecules' names, as [EC, PC]")]
    geometry: Annotated[Literal["relaxed", "given"], Field(description="relaxed or given")] = "relaxed"
    difference: Annotated[tuple[str, str] | None, Field(description="two molecules' names, as [FEC, PC]")] = None


class OrderingStudy(BaseStudy):
    """Which of several studies has the lower value: the claims of papers that give no number."""

    kind: Literal["ordering"]
    quantity: Annotated[str, Field(min_length=1, description="the name of a quantity, as 'adsorption energy'")]
    order: Annotated[
        tuple[str, ...],
        Field(min_length=2, description="a list of at least two ids of studies above, the lowest expected value first"),
    ]
