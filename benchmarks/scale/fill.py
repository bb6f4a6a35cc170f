"""Results for a large campaign, put into its vault as workers would put them there.

The first ones are computed in this process with EMT, by the worker's own function. The others are given the result of
one of these: what is measured afterwards is potash, which does not look into them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from potash.calcs.calculation import Calculation
from potash.calcs.site import use
from potash.calcs.vault import Vault
from potash.calcs.worker import compute
from potash.show.project import read
from potash.workflows.build import build
from potash.workflows.steps import arguments, carry_out

#: So many results are computed.
COMPUTED = 50


@dataclass
class Filler:
    """A place where calculations end at once: what a job asks for when it runs."""

    vault: Vault
    computed: list[dict[str, Any]] = field(default_factory=list)
    given: int = 0

    def perform(self, calculation: Calculation, label: str) -> dict[str, Any]:
        """Put a result in the vault."""
        self.vault.claim(calculation)
        if len(self.computed) < COMPUTED:
            self.computed.append(compute(calculation, self.vault.folder(calculation.key), rank=0))
        result = self.computed[self.given % len(self.computed)]
        self.given += 1
        self.vault.finish(calculation.key, result)
        self.vault.release(calculation.key)
        return result


def main(file: Path, project: Path) -> None:
    """Fill the vault of a project with what its campaign's first calculations would give."""
    use(Filler(Vault(project / "vault")))  # type: ignore[arg-type]
    for flow in build(read(file, None, None)).values():
        for job, parents in flow.iterflow():
            if not parents:
                carry_out(job, arguments(job, None))  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
