"""What a campaign would calculate: the same graphs, walked without running an engine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jobflow import Flow, JobStore

from potash.calcs import expected
from potash.calcs.calculation import Calculation
from potash.calcs.calls import count_calls
from potash.calcs.site import use
from potash.calcs.vault import Vault, whole, write
from potash.errors import BadInput, CalculationFailed
from potash.workflows.steps import arguments, carry_out, keep, ordered
from potash.workflows.store import SqliteStore

#: Where the last run's plan lies in the project's folder.
FILE = "plan.json"
#: Tasks that move the atoms far: their stand-in is no likeness of what they will give.
FAR = ("quench", "dynamics", "search")


@dataclass(frozen=True)
class Entry:
    """One calculation of a plan.

    Attributes
    ----------
    state
        ``done``, ``begun``, ``failed`` or ``to do``.
    certain
        Whether its atoms are known; else they follow from calculations that have not run.
    calls
        Expected force calls (those made, where it is done).
    core_seconds, memory
        Expected for the whole calculation; memory in GiB.
    cores
        How many it can use with profit.
    disk
        What it will keep beside its small data, in GiB.
    """

    study: str
    label: str
    key: str
    task: str
    formula: str
    atoms: int
    kpoints: list[int]
    engine: str
    settings: dict[str, Any]
    options: dict[str, Any]
    state: str
    certain: bool
    calls: int
    core_seconds: float
    memory: float
    cores: int
    disk: float = 0.0


@dataclass
class Planner:
    """A place where nothing runs: it writes down what is asked, and answers from the vault or with a stand-in.

    Attributes
    ----------
    unsure, unlike
        Whether what the present job is given follows from calculations that have not run, and whether it is no likeness of
        what they will give.
    untold
        Studies whose stand-ins do not bear what follows, each with the reason: it is known when their own structures are.
    """

    vault: Vault
    study: str = ""
    job: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)
    unsure: bool = False
    unlike: bool = False
    untold: dict[str, str] = field(default_factory=dict)

    def guesses(self) -> bool:
        """Say that what takes long is guessed, and keep in mind that it was."""
        self.unsure = self.unlike = True
        return True

    def perform(self, calculation: Calculation, label: str) -> dict[str, Any]:
        """Write the calculation down."""
        key = calculation.key
        result = self.vault.result(key)
        if result is not None and not whole(result):
            raise CalculationFailed(f"{label}: {self.vault.folder(key) / 'result.json'} is no result of a calculation")
        begun = count_calls(self.vault.folder(key) / "calls.xyz") if result is None else int(result["calls"])
        failed = self.vault.failure(key) is not None
        state = "done" if result is not None else "failed" if failed else "begun" if begun else "to do"
        cost = expected.cost(calculation)
        if key not in self.entries:
            self.entries[key] = Entry(
                study=self.study,
                label=label.split(": ", 1)[-1],
                key=key,
                task=calculation.task,
                formula=calculation.formula,
                atoms=len(calculation.atoms[0]["symbols"]),
                kpoints=list(calculation.settings.get("kpoints", [])),
                engine=calculation.engine,
                settings=calculation.settings,
                options=calculation.options,
                state=state,
                certain=not self.unsure,
                calls=begun if result is not None else expected.calls(calculation),
                core_seconds=float(result["core_seconds"]) if result is not None else cost.core_seconds,
                memory=cost.memory,
                cores=cost.cores,
                disk=expected.disk(calculation),
            )
        if result is None:
            self.unsure = True
            self.unlike |= calculation.task in FAR
            return expected.placeholder(calculation)
        return result


def plan(flows: dict[str, Flow], vault: Vault, planner: Planner | None = None) -> list[Entry]:
    """List every calculation of a campaign, each once; another planner may note more than that. The graphs stay as they are.

    Raises
    ------
    BadInput
        With the study's id, where what it asks for cannot be built or computed. Of stand-ins that are no likeness this is no
        error: `Planner.untold` keeps it.
    """
    planner = planner or Planner(vault)
    outputs = JobStore(SqliteStore(":memory:"))
    outputs.connect()
    use(planner)  # type: ignore[arg-type]  # it has what jobs use
    try:
        for study, flow in flows.items():
            planner.study = study
            unsure: set[str] = set()
            unlike: set[str] = set()
            for job, parents in ordered(flow):
                if job.name == "summary":
                    continue
                planner.job, planner.unsure, planner.unlike = job.uuid, bool(unsure & parents), bool(unlike & parents)
                try:
                    keep(job, carry_out(job, arguments(job, outputs)), outputs)
                except CalculationFailed:
                    break
                except BadInput as error:
                    if not planner.unlike:
                        raise BadInput(f"{study}: {error}") from None
                    planner.untold[study] = str(error)
                    break
                unsure |= {job.uuid} if planner.unsure else set()
                unlike |= {job.uuid} if planner.unlike else set()
    finally:
        use(None)
        outputs.close()
    return list(planner.entries.values())


def save(entries: list[Entry], folder: Path) -> None:
    """Keep a plan, so that the next one can say what changed."""
    write(folder / FILE, {"entries": [asdict(entry) for entry in entries]})


def changes(entries: list[Entry], folder: Path) -> list[str]:
    """Say what changed since the plan that was kept: calculations that came, went or have other settings."""
    path = folder / FILE
    if not path.exists():
        return []
    try:
        old = {(row["study"], row["label"]): row for row in json.loads(path.read_text(encoding="utf-8"))["entries"]}
        before = {name: _flat(row) for name, row in old.items()}
    except (ValueError, LookupError, TypeError, RecursionError):  # cut short, or no plan: nothing to compare with
        return [f"{path} is no plan that can be read; what changed since it is not known"]
    new = {(entry.study, entry.label): asdict(entry) for entry in entries}
    lines = [f"- {study}: {label}" for study, label in old if (study, label) not in new]
    lines += [f"+ {study}: {label}" for study, label in new if (study, label) not in old]
    for name, row in new.items():
        if name in old:
            lines += [f"~ {name[0]}: {name[1]}: {change}" for change in _differences(before[name], _flat(row))]
    return lines


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Give an entry's engine, formula, atoms, settings and options, by name."""
    own = {key: row[key] for key in ("engine", "formula", "atoms")}
    return {**own, **row["settings"], **row.get("options", {})}


def _differences(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Say in which engine, atoms, settings and options two entries differ."""
    keys = [*now, *(key for key in was if key not in now)]
    return [f"{key} {was.get(key)} → {now.get(key)}" for key in keys if was.get(key) != now.get(key)]
