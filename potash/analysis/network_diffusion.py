"""The diffusivity of a carrier on a network of computed hops, and what their errors do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from potash.analysis.bottleneck import checks_of, told
from potash.analysis.diffusion import Jump, diffusivity, mean
from potash.analysis.published import Relation
from potash.analysis.rates import arrhenius
from potash.analysis.result import Quantity
from potash.structures.hops import Edge, Hops
from potash.structures.network import Link

#: The temperatures of the Arrhenius plot, in K.
TEMPERATURES = tuple(range(250, 601, 25))
#: By how much a saddle is raised to see what it does to the diffusivity, in eV.
STEP = 1e-5


def balanced(hops: Hops, kinds: list[dict[str, Any]], used: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Give each kind's prefactors, there and back, in detailed balance.

    The ratio of the two is that of the vibrations at the two sites. Each kind tells it from atoms of its own, so that
    kinds between the same sites tell it a little differently; it is made one for all by least squares of its
    logarithm. What both directions share, their geometric mean, stays.
    """
    matrix = np.zeros((len(used), 1 + max(site.orbit for site in hops.sites)))
    for row, kind in enumerate(used):
        matrix[row, hops.sites[hops.kinds[kind].end].orbit] += 1
        matrix[row, hops.sites[hops.kinds[kind].start].orbit] -= 1
    both = np.log([[kinds[kind]["prefactor"], kinds[kind]["prefactor back"]] for kind in used])
    halves = matrix @ np.linalg.lstsq(matrix, both[:, 0] - both[:, 1], rcond=None)[0] / 2
    there, back = np.exp(both.mean(axis=1) + halves), np.exp(both.mean(axis=1) - halves)
    return {kind: (float(there[row]), float(back[row])) for row, kind in enumerate(used)}


@dataclass(frozen=True)
class Carrier:
    """A carrier that jumps on a network.

    Attributes
    ----------
    hops, energies, cell
        Its sites, their energies (eV), and the lattice vectors (3, 3) in Å.
    links, edges
        Its jumps: saddles, and what kind each is.
    prefactors
        Of each kind, there and back, in Hz.
    """

    hops: Hops
    energies: list[float]
    cell: Any
    links: list[Link]
    edges: list[Edge]
    prefactors: dict[int, tuple[float, float]]

    def tensor(self, kelvin: float, raised: int | None = None) -> np.ndarray:
        """Give the diffusivity (3, 3) in cm²/s at a temperature, the saddles of one kind being raised by `STEP`."""
        jumps = [
            Jump(*link[:3], link[3] + STEP * (edge.kind == raised), self.prefactors[edge.kind][int(edge.reverse)])
            for link, edge in zip(self.links, self.edges, strict=True)
        ]
        return diffusivity(self.cell, [site.position for site in self.hops.sites], self.energies, jumps, kelvin)

    def mean(self, kelvin: float, raised: int | None = None) -> float:
        """Give the mean over the periodic directions."""
        return mean(self.tensor(kelvin, raised), self.hops.host.pbc)

    def line(self, raised: int | None = None) -> tuple[list[float], float, float]:
        """Give the diffusivities at `TEMPERATURES`, their activation energy (eV), and D at infinite temperature."""
        values = [self.mean(kelvin, raised) for kelvin in TEMPERATURES]
        return values, *arrhenius(TEMPERATURES, values)


def quantities(
    carrier: Carrier, kinds: list[dict[str, Any]], temperature: float, open_: tuple[list[int], bool]
) -> tuple[dict[str, Quantity], dict[str, Any]]:
    r"""Give the diffusivity, its components and its activation energy, with errors and checks.

    The errors $\Delta E_k$ of the kinds' barriers are carried on to first order, their absolute values summed as those of
    a barrier's sensitivities are, since they may all have one sign:

    $$\Delta E_a = \sum_k \left|\frac{\partial E_a}{\partial E_k}\right| \Delta E_k,\qquad
    \ln f = \sum_k \left|\frac{\partial \ln D}{\partial E_k}\right| \Delta E_k,\qquad \Delta D = D\,(f - 1).$$

    A kind's saddle moves with its barrier, the sites stay. Where a kind has no error, neither has the diffusivity.

    Parameters
    ----------
    carrier
        Its jumps are the hops that count.
    kinds
        As `network.kind_of` gives them.
    temperature
        In K.
    open_
        The numbers of refused hops, and whether one of them passes a deeper site: more ways make a carrier faster, but
        deeper sites hold it.

    Returns
    -------
    tuple
        Quantities, and the data of the Arrhenius plot.
    """
    refused, deeper = open_
    used = sorted(carrier.prefactors)
    checks = checks_of(kinds, used)
    errors = {kind: kinds[kind]["error"] for kind in used}
    known = None not in errors.values()
    raised = {kind: carrier.tensor(temperature, kind) for kind, error in errors.items() if known and error}
    relation: Relation = "~" if deeper else ">=" if refused else "="
    without = f"; without {told(refused)} which might carry as well" if refused else ""
    periodic = carrier.hops.host.pbc

    def quantity(value: float, moved: dict[int, float], says: str) -> Quantity:
        slopes = {kind: np.log(other / value) / STEP if value > 0 < other else 0.0 for kind, other in moved.items()}
        factor = float(np.exp(sum(abs(slope) * errors[kind] for kind, slope in slopes.items())))
        within = f"; within a factor of {factor:.2g} by the errors of the hops" if known else ""
        return Quantity(
            value=value, unit="cm²/s", error=value * (factor - 1) if known else None, relation=relation,
            says=f"{says}{within}{without}", checks=checks,
        )  # fmt: skip

    tensor = carrier.tensor(temperature)
    values, activation, factor = carrier.line()
    lines = {kind: carrier.line(kind)[1] for kind in raised}
    made = {
        "diffusivity": quantity(
            mean(tensor, periodic),
            {kind: mean(other, periodic) for kind, other in raised.items()},
            "of the carrier, while there are few of them; the ion's own is smaller by the fraction of carriers; mean at "
            f"{temperature:g} K",
        ),
        "activation energy": Quantity(
            value=activation,
            unit="eV",
            error=sum(abs(other - activation) / STEP * errors[kind] for kind, other in lines.items())
            if known
            else None,
            relation="~" if refused else "=",
            says=f"of the diffusivity, {TEMPERATURES[0]} to {TEMPERATURES[-1]} K{without}",
            checks=checks,
        ),
    }
    for axis, name in enumerate("xyz"):
        if periodic[axis]:
            moved = {kind: float(other[axis, axis]) for kind, other in raised.items()}
            made[f"diffusivity along {name}"] = quantity(float(tensor[axis, axis]), moved, f"at {temperature:g} K")
    return made, {"temperatures": list(TEMPERATURES), "values": values, "activation": activation, "factor": factor}
