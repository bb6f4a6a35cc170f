"""One calculation: all that decides its result, and the key that follows from it."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from potash.structures.encoding import Plain

Task = Literal[
    "relax",
    "cell",
    "band",
    "surrogate",
    "orbitals",
    "charges",
    "electrostatics",
    "bader",
    "curvature",
    "hessian",
    "phonons",
    "potential",
    "electrons",
    "quench",
    "dynamics",
    "search",
]

#: The limits of the protocols that decide a task's result.
LIMITS: dict[str, tuple[str, ...]] = {
    "relax": ("force", "steps"),
    "cell": ("points", "strain", "force", "stress", "steps"),
    "band": ("band_force", "band_steps"),
    "surrogate": ("band_force", "band_steps", "certainty"),
    "orbitals": ("force", "steps"),
    "charges": (),
    "electrostatics": (),
    "bader": ("voxel",),
    "curvature": ("step",),
    "hessian": ("step",),
    "phonons": ("step",),
    "potential": (),
    "electrons": (),
    "quench": ("force", "steps"),
    "dynamics": (),
    "search": ("force",),
}

#: How often what a task does or gives was changed: earlier results are not found again.
REVISIONS = {"band": 3}


class Calculation(BaseModel):
    """Atoms, engine, its version, settings and task: whoever asks for the same gets the same result.

    Attributes
    ----------
    task
        What is done: ``relax``, ``cell``, ``band``, ``surrogate``, ``orbitals``, ``charges``, ``electrostatics``, ``bader``,
        ``curvature``, ``hessian``, ``phonons``, ``potential``, ``electrons``, ``quench``, ``dynamics`` or ``search``.
    atoms
        The structures that it starts from (two for a band, relaxed; supercell and cell for phonons; all starts of a search), as `structures.encoding.encode` writes them.
    engine, version
        The code that computes energies and forces.
    settings
        Every setting of the engine, complete.
    options
        Every option of the task, complete.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    atoms: tuple[Plain, ...]
    engine: str
    version: str
    settings: dict[str, Any]
    options: dict[str, Any]

    @property
    def key(self) -> str:
        """The hash of the content. Structures are rounded to 10⁻⁷ Å, so that noise of arithmetic makes no new key."""
        plain = self.model_dump(mode="json")
        # Settings stay as they are: limits of convergence may be smaller than that.
        plain["atoms"] = _rounded(plain["atoms"])
        if self.task in REVISIONS:
            plain["revision"] = REVISIONS[self.task]
        content = json.dumps(plain, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()[:24]

    @property
    def formula(self) -> str:
        """The formula of the first structure, in Hill's order."""
        from ase.formula import Formula

        return Formula.from_list(self.atoms[0]["symbols"]).format("hill")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 7) + 0.0
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
