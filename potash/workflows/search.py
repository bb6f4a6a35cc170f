"""Sites that a cheaper engine tries first: the best of them go on to the study's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobflow import Job, job

from potash.analysis import adsorption as analysis
from potash.structures.encoding import Plain
from potash.studies.slabs import AdsorptionStudy
from potash.workflows.bench import Bench
from potash.workflows.jobs import calculate


@dataclass(frozen=True)
class Tried:
    """Adsorbates that the study's engine relaxes.

    Attributes
    ----------
    jobs
        In the order in which they run.
    names, starts, relaxed
        The site's name, the adsorbate put there, and what it relaxes into: each known, or a reference to what a job will give.
    found
        A reference to what the search found; None where there was none.
    """

    jobs: list[Job]
    names: list[Any]
    starts: list[Any]
    relaxed: list[Any]
    found: Any = None


def relaxed(bench: Bench, starts: dict[str, Job], settings: dict[str, Any]) -> Tried:
    """Relax the ion from every site, or from the best that the search finds."""
    study = bench.study
    assert isinstance(study, AdsorptionStudy)
    if study.search is None:
        made = [
            bench.calculate("relax", [start.output], f"{study.ion} on {name}", settings)
            for name, start in starts.items()
        ]
        outputs = [start.output for start in starts.values()]
        return Tried([*starts.values(), *made], list(starts), outputs, [job.output for job in made])
    return _searched(bench, starts, settings)


def _searched(bench: Bench, starts: dict[str, Job], settings: dict[str, Any]) -> Tried:
    study = bench.study
    assert isinstance(study, AdsorptionStudy)
    assert study.search is not None
    recipe = bench.elsewhere(study.search.engine, bench.recipe("relax"))
    quick = []
    for name, start in starts.items():
        label = f"{study.ion} on {name}, search"
        made = calculate(recipe, [start.output], f"{bench.name}: {label}")
        made.name = label
        quick.append(made)
    many = min(study.search.keep, len(starts))
    ranked = rank(list(starts), [start.output for start in starts.values()], [made.output for made in quick], many)
    ranked.name = "the best of the search"
    kept = [ranked.output["kept"][number] for number in range(many)]
    own = [
        bench.calculate("relax", [each["atoms"]], f"{study.ion}, best {number + 1} of the search", settings)
        for number, each in enumerate(kept)
    ]
    return Tried(
        jobs=[*starts.values(), *quick, ranked, *own],
        names=[each["name"] for each in kept],
        starts=[each["start"] for each in kept],
        relaxed=[made.output for made in own],
        found=ranked.output["found"],
    )


@job
def rank(names: list[str], starts: list[Plain], quick: list[dict[str, Any]], many: int) -> dict[str, Any]:
    """Choose the lowest structures that are not twins of each other, those that are adsorbates still first.

    Returns
    -------
    dict
        ``kept``: name, start and atoms of each, the last repeated where there are fewer than asked; ``found``: for each site
        its energy over the lowest, in eV, and its twin, if it has one.
    """
    twins = analysis.merged(names, starts, quick)
    order = [index for index in analysis.ranked(starts, quick) if names[index] not in twins]
    least = quick[order[0]]["energy"]
    kept = [{"name": names[index], "start": starts[index], "atoms": quick[index]["atoms"]} for index in order[:many]]
    found = {
        name: {"energy": result["energy"] - least, "twin": twins.get(name)}
        for name, result in zip(names, quick, strict=True)
    }
    return {"kept": kept + kept[-1:] * (many - len(kept)), "found": {"engine": quick[0]["engine"], "sites": found}}
