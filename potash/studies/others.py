"""Studies of what other studies gave."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from potash.studies.common import BaseStudy


class OrderingStudy(BaseStudy):
    """Which of several studies has the lower value: the claims of papers that give no number."""

    kind: Literal["ordering"]
    quantity: Annotated[str, Field(min_length=1, description="the name of a quantity, as 'adsorption energy'")]
    order: Annotated[
        tuple[str, ...],
        Field(min_length=2, description="a list of at least two ids of studies above, the lowest expected value first"),
    ]
