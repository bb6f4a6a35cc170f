"""Force calls of several images side by side: the ranks of one worker in groups, each with calculators of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ase.parallel import broadcast, world

from potash.calcs.calculation import Calculation
from potash.calcs.engine import engine
from potash.calcs.folding import estimate

if TYPE_CHECKING:
    from ase import Atoms


def widest(calculation: Calculation) -> int:
    """Say how many cores a calculation can use with profit: a band's images side by side, where the engine splits."""
    code = engine(calculation.engine)
    cores = estimate(calculation).cores
    return cores * int(calculation.options["images"]) if calculation.task == "band" and code.splits else cores


def at_once(calculation: Calculation, cores: int) -> int:
    """Choose how many force calls of a calculation are made at once.

    k-points share cores at almost no loss: images take only what these leave, the same for each.
    """
    code = engine(calculation.engine)
    if calculation.task != "band" or not code.splits:
        return 1
    wide = estimate(calculation).cores
    most = min(cores, int(calculation.options["images"]))
    fitting = (count for count in range(1, most + 1) if cores % count == 0 and cores // count >= wide)
    return max(fitting, default=1)


@dataclass(frozen=True)
class Team:
    """Groups of ranks, as one process sees them.

    Attributes
    ----------
    count
        The number of groups.
    own
        Its own.
    communicator
        The ranks of this group; None where all ranks are in one.
    """

    count: int = 1
    own: int = 0
    communicator: Any = None

    @classmethod
    def of(cls, count: int) -> Team:
        """Split the ranks of this worker; GPAW's communicators can be split."""
        if count == 1:
            return cls()
        size = world.size // count
        own = world.rank // size
        return cls(count, own, world.new_communicator(list(range(own * size, (own + 1) * size))))

    def call(self, images: list[Atoms]) -> None:
        """Make the calls that these images need and that are not on record, as many at once as there are groups.

        Calls are recorded in the order of the images, however long each took: a run that goes on finds the same
        record. Each image's calculator is a `calcs.calls.Recorder`, and knows the results afterwards.
        """
        missing = [image for image in images if image.calc.lacks(image)]
        for start in range(0, len(missing) if self.count > 1 else 0, self.count):
            together = missing[start : start + self.count]
            found = None
            if self.own < len(together):
                began = time.monotonic()
                mine = together[self.own]
                found = mine.calc.compute(mine), time.monotonic() - began
            for group, image in enumerate(together):
                results, seconds = broadcast(found, root=group * world.size // self.count)
                image.calc.take(image, results, seconds)
            together[0].calc.rest()
