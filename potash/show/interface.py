"""The interfaces that two phases could make, and one of them, before anything is computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms

    from potash.structures.candidates import Candidate
    from potash.workflows.bench import Bench

#: So many candidates are listed.
MOST = 20
HEADINGS = ("match", "film", "substrate", "cells", "Å²", "strain %", "turn °", "atoms")


class Join(NamedTuple):
    """What interface is asked for: as the command's options say it; no substrate: none."""

    substrate: str = ""
    facet: str = ""
    match: int = 1
    max_area: float = 200.0
    max_strain: float = 0.05
    superlattice: bool = False


def rows(ranked: tuple[Candidate, ...]) -> list[tuple[str, ...]]:
    """Print the first candidates, by the numbers that ``match`` takes, under `HEADINGS`."""
    made = []
    for number, each in enumerate(ranked[:MOST], start=1):
        match = each.match
        facets = ["".join(map(str, face.facet)) if face.facet else "layer" for face in (each.film, each.substrate)]
        cells = " on ".join(str(n) for n in match.multiples)
        numbers = (f"{match.area:.1f}", f"{100 * match.strain:.2f}", f"{match.turn:.1f}", str(each.atoms))
        made.append((str(number), *facets, cells, *numbers))
    return made


def join(
    film: str,
    facet: tuple[int, int, int] | None,
    thickness: float | None,
    asked: Join,
    onto: tuple[int, int, int] | None,
) -> tuple[list[tuple[str, ...]], Atoms]:
    """List the candidates of an interface and build the one asked for.

    Parameters
    ----------
    film
        A phase's name, or a file's.
    facet, onto
        The facets of film and substrate; None for layers.
    thickness
        Of both slabs at least, in Å.
    asked
        The rest.

    Returns
    -------
    tuple
        The rows of the candidates, and the interface: not relaxed, the film not shifted, the nearest atoms of both sides the sum
        of their covalent radii apart.
    """
    from potash.structures.interfaces import interface, touching
    from potash.studies.interfaces import InterfaceStudy
    from potash.workflows.candidates import fitted, ranking

    bench = _bench(film, facet, thickness, asked, onto)
    assert isinstance(bench.study, InterfaceStudy)
    ranked = ranking(bench)
    chosen = ranked[asked.match - 1]
    sides, stack = fitted(chosen, bench.study), chosen.stack(0)
    return rows(ranked), interface(*sides, stack, gap=touching(*sides, stack), periodic=asked.superlattice)


def _bench(
    film: str,
    facet: tuple[int, int, int] | None,
    thickness: float | None,
    asked: Join,
    onto: tuple[int, int, int] | None,
) -> Bench:
    """Put the options into a study, which knows the defaults."""
    from potash.campaign import Campaign
    from potash.structures import files
    from potash.studies.common import File
    from potash.studies.interfaces import InterfaceStudy
    from potash.workflows.bench import Bench

    if not film:
        raise BadInput("an interface needs a film as well; name it first: potash structure K3Sb-cubic --substrate K2Se")
    files.allow([Path(name).parent for name in (film, asked.substrate)])
    names = [File(file=name) if Path(name).suffix and Path(name).exists() else name for name in (film, asked.substrate)]
    thick = {} if thickness is None else {"film_thickness": thickness, "substrate_thickness": thickness}
    study = InterfaceStudy(
        kind="interface", film=names[0], film_facet=facet, substrate=names[1], substrate_facet=onto, match=asked.match,
        max_area=asked.max_area, max_strain=asked.max_strain, **thick,
    )  # fmt: skip
    campaign = Campaign(campaign="structure", studies=(study,), path=Path("structure.yaml"), lines=(1,))
    return Bench(campaign, study, "interface")
