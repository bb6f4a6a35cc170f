"""The interfaces that two phases could make, and one of them, before anything is computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms

    from potash.structures.candidates import Candidate
    from potash.structures.faces import Face
    from potash.workflows.bench import Bench

#: So many candidates are listed.
MOST = 20
HEADINGS = ("match", "film", "substrate", "cells", "Å²", "strain %", "turn °", "atoms", "facing")

#: Of the list of cuts: the number is that of ``film_termination`` or ``substrate_termination``.
CUTS = ("side", "facet", "cut", "below", "above", "surfaces", "polar", "Tasker")


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
        made.append((str(number), *facets, cells, *numbers, each.facing))
    return made


def beneath(ranked: tuple[Candidate, ...]) -> list[str]:
    """Say what is known of the faces of the candidates that are listed, each once."""
    films = dict.fromkeys(f"film: {each.film.words}" for each in ranked[:MOST])
    substrates = dict.fromkeys(f"substrate: {each.substrate.words}" for each in ranked[:MOST])
    return ["facing: the film's lowest plane | the substrate's highest", *films, *substrates]


def cuts(
    film: str,
    facet: tuple[int, int, int] | None,
    thickness: float | None,
    asked: Join,
    onto: tuple[int, int, int] | None,
) -> list[tuple[str, ...]]:
    """List the ways to cut both sides of an interface, by the numbers that a campaign takes; see `join`."""
    from potash.workflows.candidates import every_face

    found = every_face(_bench(film, facet, thickness, asked, onto))
    return [CUTS, *(_cut(side, each) for side, own in zip(("film", "substrate"), found, strict=True) for each in own)]


def _cut(side: str, each: Face) -> tuple[str, ...]:
    known = {True: "yes", False: "no", None: "unknown"}
    facet = "".join(map(str, each.facet)) if each.facet else "layer"
    alike = "alike" if each.symmetric else "differ"
    return side, facet, str(each.number), *each.ends, alike, known[each.polar], str(each.tasker or "–")


def join(
    film: str,
    facet: tuple[int, int, int] | None,
    thickness: float | None,
    asked: Join,
    onto: tuple[int, int, int] | None,
) -> tuple[list[tuple[str, ...]], list[str], Atoms]:
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
        The rows of the candidates, what stands beneath them, and the interface: not relaxed, the film not shifted, the nearest atoms of both sides the sum
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
    return (
        rows(ranked),
        beneath(ranked),
        interface(*sides, stack, gap=touching(*sides, stack), periodic=asked.superlattice),
    )


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
