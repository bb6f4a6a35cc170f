"""How studies name molecules, and studies of ions among them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from potash.structures.molecules import PREFIX
from potash.studies.common import BaseStudy, Natural, Positive, Whole


def _spelt(value: Any) -> Any:
    """Write ``{smiles: COC}`` as ``smiles:COC``."""
    if isinstance(value, dict) and set(value) == {"smiles"} and isinstance(value["smiles"], str):
        return PREFIX + value["smiles"]
    return value


#: A molecule by its name, or as {smiles: COCCOC}, which is kept as smiles:COCCOC.
MoleculeName = Annotated[str, Field(min_length=1, max_length=400), BeforeValidator(_spelt)]
Count = Annotated[Whole, Field(ge=0, le=12)]
Counts = Count | Annotated[tuple[Count, ...], Field(min_length=1, max_length=13)]
Solvents = dict[MoleculeName, Counts]


class SolvationStudy(BaseStudy):
    """An alkali ion with solvent molecules and anions around it."""

    kind: Literal["solvation"]
    ion: Annotated[
        str | Annotated[tuple[str, ...], Field(min_length=1)],
        Field(description="Li+, Na+, K+ or a list of these"),
    ]
    solvents: Annotated[
        Solvents | Annotated[tuple[Solvents, ...], Field(min_length=1)],
        Field(
            description="a mapping of molecules to how many there are, at most 12, or a list of numbers for one of them, "
            "as {DME: 3} or {DME: [0, 1, 2]}; or a list of such mappings"
        ),
    ]
    anion: Annotated[MoleculeName | None, Field(description="the name of an anion, or left out")] = None
    anions: Annotated[Natural, Field(le=4, description="how many anions, a whole number from 1 to 4")] = 1
    starts: Annotated[Natural, Field(le=500, description="a whole number from 1 to 500")] = 24
    seed: Annotated[Whole, Field(ge=0, description="a whole number of at least 0")] = 1
    search: Annotated[str, Field(description="the name of an engine")] = "tblite"
    lowest: Annotated[Natural, Field(le=20, description="a whole number from 1 to 20")] = 3
    geometry: Annotated[
        Literal["relaxed", "searched"], Field(description="relaxed (by the study's engine) or searched")
    ] = "relaxed"
    dissociation: Annotated[bool, Field(description="true or false")] = False
    counterpoise: Annotated[bool, Field(description="true or false")] = False
    thermal: Annotated[
        Positive | None, Field(le=1000, description="a temperature in K up to 1000, as 298.15, or left out")
    ] = None
