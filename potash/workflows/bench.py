"""What a study is built with: its campaign's folder, engine, protocol and settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Job

from potash.calcs.engine import known_settings
from potash.calcs.magnetism import AUTO, NONE
from potash.campaign import Campaign
from potash.errors import BadInput, near
from potash.structures.cohesion import weakly_bound
from potash.structures.encoding import Plain, encode
from potash.structures.magnetism import hubbard, open_shell
from potash.structures.phases import load, structure
from potash.studies import Study
from potash.studies.amorphous import AmorphousStudy
from potash.studies.common import File, PhaseName
from potash.studies.interfaces import Coherent
from potash.workflows.jobs import calculate

if TYPE_CHECKING:
    from ase import Atoms

    from potash.structures.phase_record import Phase


#: Keys of a study that name phases.
PHASES = ("phase", "host", "product", "phases", "film")
#: What is replaced in the names of studies and files: names are typed, shown, linked to, and may become files.
NOT_IN_NAMES = re.compile(r"[^\w.()+-]")
#: The dispersion correction of studies that need one.
BY_RULE = "D3(BJ)"
#: What is said of every number of a learned potential.
LEARNED = "CHGNet is a learned potential: a first look, no density functional theory."


@dataclass(frozen=True)
class Bench:
    """A study's surroundings.

    Attributes
    ----------
    campaign
        The campaign that it is part of.
    study
        What was asked, with one phase where a list was given.
    name
        Its id, unique in the campaign.
    before
        The graphs of the studies above it, by their ids; the builder puts more in as it goes on.
    """

    campaign: Campaign
    study: Study
    name: str
    before: Mapping[str, Flow] = field(default_factory=dict)

    @property
    def engine(self) -> str:
        """The engine's name; the study's own wins over the campaign's."""
        return self.study.engine or self.campaign.engine

    @property
    def protocol(self) -> str:
        """The protocol's name; the study's own wins over the campaign's."""
        return self.study.protocol or self.campaign.protocol

    @property
    def varies(self) -> bool:
        """Whether numbers are computed with other settings as well: as the study says, else with every protocol but fast."""
        asked: bool | None = getattr(self.study, "sensitivities", None)
        return self.protocol != "fast" if asked is None else asked

    @property
    def settings(self) -> dict[str, Any]:
        """Single settings that were overridden; the study's own win over the campaign's."""
        shared = {} if self.study.engine not in (None, self.campaign.engine) else self.campaign.settings
        asked = {**shared, **self.study.settings}
        settings = {**self.ruled, **{key: value for key, value in asked.items() if value != AUTO}}
        if isinstance(named := settings.get("pseudopotentials"), str):
            try:
                settings["pseudopotentials"] = str((self.campaign.folder / Path(named).expanduser()).resolve())
            except (OSError, RuntimeError, ValueError) as error:  # a NUL, nobody's home, links in a circle
                raise BadInput(f"the setting 'pseudopotentials' is no path of a folder ({error})") from None
        return settings

    @property
    def phases(self) -> list[PhaseName]:
        """All phases that the study names."""
        named: list[PhaseName] = []
        if isinstance(self.study, Coherent | AmorphousStudy) and self.study.substrate is not None:
            named.append(self.study.substrate)
        for key in PHASES:
            value = getattr(self.study, key, None)
            named += [each for each in (value if isinstance(value, tuple) else [value]) if isinstance(each, str | File)]
        return named

    @cached_property
    def ruled(self) -> dict[str, Any]:
        """The settings that rules give to all calculations of the study, where the engine has them.

        A dispersion correction where something is held together by weak forces; U where there is an oxide of an
        open-shell metal.
        """
        known = known_settings(self.engine)
        structures = [self.atoms(name) for name in self.phases] if "dispersion" in known or "hubbard" in known else []
        ruled: dict[str, Any] = {}
        if "dispersion" in known and any(map(weakly_bound, structures)):
            ruled["dispersion"] = BY_RULE
        if "hubbard" in known and (values := hubbard(structures)):
            ruled["hubbard"] = values
        return ruled

    @property
    def remarks(self) -> list[str]:
        """What is to be said of a learned potential, of spin and of U."""
        learned = [LEARNED] if self.engine == "chgnet" else []
        metals = sorted({metal for name in self.phases for metal in open_shell(self.atoms(name))})
        known = known_settings(self.engine)
        if not metals or "spin" not in known:
            return learned
        spin = self.settings.get("spin", AUTO)
        u = self.settings.get("hubbard", NONE)
        told = ", ".join(f"{value:g} eV for {metal}" for metal, value in u.items()) if isinstance(u, dict) else ""
        return [
            *learned,
            f"Spin: {'none' if spin == NONE else 'polarised'}, for {', '.join(metals)}; "
            f"Hubbard U: {told or 'none'}{'' if 'hubbard' in known else f' (the engine {self.engine} has none here)'}.",
        ]

    def atoms(self, name: PhaseName, *, primitive: bool = False) -> Atoms:
        """Build a phase or read a user's file."""
        spec = name if isinstance(name, str) else name.model_dump()
        return structure(spec, self.campaign.folder, primitive=primitive)

    def phase(self, name: PhaseName) -> Phase | None:
        """Give what is known of a named phase; None for a user's file."""
        return load(name) if isinstance(name, str) else None

    def recipe(self, task: str, settings: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Say how one calculation is made, whatever the atoms: see `calculate`."""
        return {
            "engine": self.engine,
            "protocol": self.protocol,
            "settings": {**self.settings, **(settings or {})},
            "task": task,
            "options": options,
        }

    def elsewhere(self, name: str, recipe: dict[str, Any]) -> dict[str, Any]:
        """Say how another engine makes a calculation: by the same protocol, without what was set for the study's own."""
        return recipe if name == self.engine else {**recipe, "engine": name, "settings": {}}

    def calculate(
        self,
        task: str,
        structures: list[Any],
        label: str,
        settings: dict[str, Any] | None = None,
        **options: Any,
    ) -> Job:
        """Make the job of one calculation.

        Parameters
        ----------
        task
            As in `calcs.calculation`.
        structures
            Atoms, or references to what other jobs will give.
        label
            What it is for, in words.
        settings
            Settings that this calculation needs whatever the campaign says.
        options
            The task's options.
        """
        recipe = self.recipe(task, settings, **options)
        made: Job = calculate(recipe, [_plain(atoms) for atoms in structures], f"{self.name}: {label}")
        made.name = label
        return made

    def flow(self, jobs: list[Job], summary: Job) -> Flow:
        """Tie a study's jobs together; the summary's output is the study's."""
        summary.name = "summary"
        return Flow([*jobs, summary], output=summary.output, name=self.name)

    def above(self, names: tuple[str, ...]) -> list[Any]:
        """Give the results of studies above, as references.

        Raises
        ------
        BadInput
            If there is no such study.
        """
        for name in names:
            if name not in self.before:
                raise BadInput(f"no study above has the id '{name}'{near(name, self.before)}")
        return [self.before[name].output for name in names]

    def limits(self) -> dict[str, float]:
        """Give the protocol's limits of forces and stresses."""
        from potash.calcs.engine import protocol

        return dict[str, float](protocol("tasks", self.protocol, "crystal"))

    def about(self, system: str) -> dict[str, Any]:
        """Give what every summary needs to know of its study."""
        return {
            "id": self.name,
            "kind": self.study.kind,
            "system": system,
            "protocol": self.protocol,
            "published": self.study.published,
            "limits": self.limits(),
            "remarks": self.remarks,
        }


def _plain(atoms: Any) -> Plain:
    from ase import Atoms

    return encode(atoms) if isinstance(atoms, Atoms) else atoms


def label_of(name: PhaseName) -> str:
    """Name a phase or a file in a few letters."""
    if isinstance(name, str):
        return load(name).name
    return NOT_IN_NAMES.sub("_", name.file.rsplit("/", 1)[-1].rsplit(".", 1)[0])[:60] or "_"
