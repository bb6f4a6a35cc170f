"""An engine without its record, for tasks that keep on disk what they reach instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ase.calculators.calculator import Calculator, all_changes

from potash.calcs.calls import Recorder

if TYPE_CHECKING:
    from ase import Atoms


class Unrecorded(Calculator):
    """The engine without its record: thousands of steps need none.

    Parameters
    ----------
    recorder
        The engine, and what would record it.
    """

    implemented_properties = ["energy", "free_energy", "forces"]  # noqa: RUF012  (ASE declares it so)

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.recorder = recorder
        self.calls = 0

    def calculate(self, atoms: Atoms | None = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Ask the engine itself."""
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        assert self.atoms is not None
        self.calls += 1
        self.results = self.recorder.compute(self.atoms)
