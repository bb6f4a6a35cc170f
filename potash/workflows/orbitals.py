"""Levels of molecules, bare or bound to an ion, and what taking and giving an electron costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobflow import Flow, Job, job

from potash.analysis import orbitals as analysis
from potash.analysis import ordering, redox
from potash.analysis.published import get
from potash.analysis.result import Comparison, Quantity, View, stand_beside
from potash.calcs.engine import known_settings, protocol
from potash.errors import BadInput
from potash.structures.molecules import load, molecule
from potash.studies.orbitals import OrbitalsStudy
from potash.workflows.bench import Bench
from potash.workflows.complexes import bound, conformer, drawn
from potash.workflows.summary import finish, refused

#: Where electrons go to and come from, and how many more there are.
STATES = {"reduced": 1, "oxidised": -1}
#: Which states a property needs.
NEEDS = {
    "levels": (),
    "affinity": ("reduced",),
    "ionisation": ("oxidised",),
    "potentials": ("reduced", "oxidised"),
}
#: The next basis, and a larger box: so many times the vacuum.
FINER = {
    "6-31+G*": "6-311++G**",
    "def2-SVPD": "def2-TZVPD",
    "6-311++G**": "def2-TZVPD",
    "def2-TZVPD": "def2-QZVPD",
}
LARGER = 1.5
#: Where geometries are LCAO's, levels and energies of electrons more or less come from a grid: LCAO lacks diffuse functions.
COARSE, COMPLETE = "lcao", {"mode": "fd"}


@dataclass(frozen=True)
class Subject:
    """What has levels.

    Attributes
    ----------
    label
        ``EC``, or ``K+(EC)`` for a complex.
    charge
        In e.
    atoms
        The atoms, or a reference to what a search gives.
    """

    label: str
    charge: int
    atoms: Any


def build(bench: Bench) -> Flow:
    """Make the graph of an orbitals study."""
    study = bench.study
    assert isinstance(study, OrbitalsStudy)
    _check(bench, study)
    names = [load(name).name for name in study.molecules]
    jobs: list[Job] = []
    searches: list[Job] = []
    lowest: dict[str, Any] = {}
    subjects = []
    for name in names:
        atoms: Any = molecule(name)
        if drawn(name) and len(atoms) > 1:
            search, best = conformer(bench, name)
            searches.append(search)
            jobs.append(best)
            lowest[name], atoms = best.output, best.output["shells"][0]["atoms"]
        subjects.append(Subject(name, load(name).charge, atoms))
    for ion in study.bound_to:
        for name in names:
            search = bound(bench, ion, name)
            searches.append(search)
            subjects.append(Subject(f"{ion}({name})", load(name).charge + 1, search.output["atoms"]))
    labels = [subject.label for subject in subjects]
    difference, order = (
        _named(named, labels, what) for named, what in ((study.difference, "difference"), (study.order, "order"))
    )
    found: dict[str, dict[str, Any]] = {}
    for subject in subjects:
        made = _states(bench, study, subject)
        jobs += made.values()
        found[subject.label] = {key: one.output for key, one in made.items()}
    about = bench.about(", ".join(labels))
    asked = study.model_dump(mode="json") | {"difference": difference, "order": order}
    summary = summarise(about, found, [one.output for one in searches], lowest, asked)
    return bench.flow([*searches, *jobs], summary)


def _check(bench: Bench, study: OrbitalsStudy) -> None:
    """Refuse what the engine cannot do, and potentials of what is not relaxed."""
    if set(study.properties) != {"levels"} and "multiplicity" not in known_settings(bench.engine):
        raise BadInput(
            f"the engine {bench.engine} has no open shells of molecules here: for more than levels take pyscf or gpaw"
        )
    if "potentials" in study.properties and study.geometry != "relaxed":
        raise BadInput("potentials need relaxed geometries of both forms: geometry: relaxed")


def _named(names: tuple[str, ...] | None, labels: list[str], what: str) -> list[str]:
    """Find molecules that a key names among the study's own, by any of their names."""
    known = {label.casefold(): label for label in labels}
    own = [known.get(name.casefold()) or load(name).name for name in names or ()]
    if missing := sorted(set(own) - set(labels)):
        raise BadInput(f"the {what} names {', '.join(missing)}, which is not among the study's molecules")
    return own


def _states(bench: Bench, study: OrbitalsStudy, subject: Subject) -> dict[str, Job]:
    """Make the calculations of one molecule: its levels, and its energy with an electron more or less."""
    relaxed = study.geometry == "relaxed"
    own = {"charge": float(subject.charge)} if subject.charge else {}
    made = _state(bench, "ground", subject.atoms, f"levels of {subject.label}", own, relax=relaxed)
    atoms = made["ground"].output["atoms"]
    if finer := _finer(bench, study):
        made["finer"] = bench.calculate(
            "orbitals", [atoms], f"levels of {subject.label}, {finer[1]}", own | finer[0], relax=False
        )
    for state in dict.fromkeys(state for each in study.properties for state in NEEDS[each]):
        changed = {"charge": float(subject.charge - STATES[state]), "multiplicity": None}
        label = f"{subject.label}, {state}"
        made |= _state(bench, state, atoms, label, changed, relax=False)
        if relaxed:
            made |= _state(bench, f"{state}, relaxed", atoms, f"{label}, relaxed", changed, relax=True)
    return made


def _state(bench: Bench, name: str, atoms: Any, label: str, settings: dict[str, Any], *, relax: bool) -> dict[str, Job]:
    """Make one state's calculation; where geometries have a level of their own, its relaxation before that."""
    complete = _complete(bench)
    if not relax or not complete:
        return {name: bench.calculate("orbitals", [atoms], label, settings | complete, relax=relax)}
    shape = bench.calculate("orbitals", [atoms], f"{label}, geometry", settings, relax=True)
    levels = bench.calculate("orbitals", [shape.output["atoms"]], label, settings | complete, relax=False)
    return {f"{name}, geometry": shape, name: levels}


def _complete(bench: Bench) -> dict[str, Any]:
    """Say what gives levels that the geometries' own settings do not; nothing with `fast`, or where the campaign chose."""
    now = {**protocol(bench.engine, bench.protocol, "molecule"), **bench.settings}
    return COMPLETE if now.get("mode") == COARSE and bench.protocol != "fast" and "mode" not in bench.settings else {}


def _finer(bench: Bench, study: OrbitalsStudy) -> tuple[dict[str, Any], str] | None:
    """Say what is changed to see whether levels have converged: the basis, or the box."""
    now = {**protocol(bench.engine, bench.protocol, "molecule"), **bench.settings}
    if not bench.varies:
        return None
    if now.get("mode") == COARSE and not _complete(bench):
        return COMPLETE, "on a grid"
    if "vacuum" in now:
        return _complete(bench) | {"vacuum": LARGER * now["vacuum"]}, "larger box"
    if (basis := FINER.get(now.get("basis", ""))) is not None:
        return {"basis": basis}, basis
    return None


@job
def summarise(
    about: dict[str, Any],
    found: dict[str, dict[str, Any]],
    searches: list[dict[str, Any]],
    lowest: dict[str, dict[str, Any]],
    study: dict[str, Any],
) -> dict[str, Any]:
    """Turn levels and energies into the study's result."""
    relaxed = study["geometry"] == "relaxed"
    difference = tuple(study["difference"]) or None
    told = {name: {**one, "potentials": "potentials" in study["properties"]} for name, one in found.items()}
    quantities = analysis.summarise(told, difference, about["limits"], relaxed=relaxed)
    results = [result for one in found.values() for result in one.values()]
    grounds = {name: one["ground"] for name, one in found.items()}
    return finish(
        about,
        [*results, *searches],
        quantities,
        notes=_notes(study, found, lowest),
        views=tuple(View(title=name, frames=(one["atoms"],)) for name, one in grounds.items()),
        data={
            "levels": {name: [one["homo"], one["lumo"]] for name, one in grounds.items()},
            **_reduction(quantities, found),
        },
        published=_published(tuple(about["published"]), study, quantities, told),
    )


def _published(
    ids: tuple[str, ...], study: dict[str, Any], quantities: dict[str, Quantity], found: dict[str, dict[str, Any]]
) -> tuple[Comparison, ...]:
    """Hold the order of the levels against the claims of an order, and the quantities against numbers."""
    order = tuple(study["order"])
    claimed = analysis.ranked(found, quantities, order, study["level"]) if order else None
    orders = () if claimed is None else tuple(name for name in ids if get(name).value is None)
    sound = {name: refused(quantity) for name, quantity in quantities.items()}
    beside = stand_beside(tuple(name for name in ids if name not in orders), sound)
    numbers = analysis.weighed(beside, found, tuple(study["difference"]) or None)
    return numbers if claimed is None else (*numbers, *ordering.beside(orders, claimed, study["level"], analysis.OPEN))


def _reduction(quantities: dict[str, Quantity], found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Give the electron affinities beside which LUMOs are drawn."""
    kinds = [
        kind for kind in ("adiabatic", "vertical") if f"{kind} electron affinity {next(iter(found))}" in quantities
    ]
    if not kinds:
        return {}
    affinities = {name: quantities[f"{kinds[0]} electron affinity {name}"].value for name in found}
    return {"affinities": affinities, "affinity": kinds[0]}


def _notes(
    study: dict[str, Any], found: dict[str, dict[str, Any]], lowest: dict[str, dict[str, Any]]
) -> tuple[str, ...]:
    first = next(iter(found.values()))
    settings = first["ground"]["settings"]
    level = ", ".join(str(settings[key]) for key in ("functional", "mode", "basis") if key in settings)
    around = f", in a continuum of dielectric constant {settings['dielectric']:g}" if settings.get("dielectric") else ""
    how = "relaxed at the same level" if study["geometry"] == "relaxed" else "GFN2-xTB"
    if "ground, geometry" in first:
        how = "relaxed in LCAO"
    notes = [f"Level of theory: {level}{around}; geometries {how}."]
    notes += [
        f"{name}: the lowest of {best['merged']} distinct conformers by GFN2-xTB, of those that RDKit embeds"
        + (f"; {best['broken']} broke their bonds." if best["broken"] else ".")
        for name, best in lowest.items()
    ]
    notes += [analysis.WARNING, *analysis.unbound(found)]
    if settings.get("mode") == COARSE:
        notes.append(analysis.LCAO)
    if "finer" not in first:
        notes.append("No larger basis or box was tried: the levels have no error.")
    else:
        finer = first["finer"]["settings"]
        changed = ", ".join(
            str(finer[key]) for key in ("mode", "basis", "vacuum") if key in finer and finer[key] != settings.get(key)
        )
        notes.append(
            f"A level's error is how far it moves with {changed}, that of a difference how far the difference does; "
            "affinities and energies of ionisation have none."
        )
    if "potentials" in study["properties"]:
        notes += [redox.WARNING] if around else [redox.WARNING, redox.VACUUM]
    return tuple(notes)
