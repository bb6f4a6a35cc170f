"""How GPAW finds its answer, where the usual way failed. What is computed stays what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: Wider smearing is at least this, in eV.
WIDE = 0.2


def told(solver: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """Turn what remedies changed into GPAW's parameters.

    Parameters
    ----------
    solver
        ``parameters`` (GPAW's own words), ``bands`` (times the occupied ones; None: GPAW's choice), ``groups`` of k-points,
        ``symmetry`` (False: none but time reversal).
    parameters
        GPAW's parameters so far.
    """
    own = dict(solver.get("parameters", {}))
    if parameters["mode"] == "lcao":
        own = {key: value for key, value in own.items() if key not in ("eigensolver", "random")}
    if "bands" in solver:
        own["nbands"] = None if solver["bands"] is None else f"{100 * solver['bands']:.0f}%"
    if solver.get("groups"):
        own["parallel"] = {"kpt": solver["groups"]}
    if solver.get("symmetry") is False:
        own["symmetry"] = {"point_group": False}
    return own


def patient(calculator: Any, solver: dict[str, Any]) -> Any:
    """Let a calculator whose cycle does not converge go on from the density that it has reached.

    Parameters
    ----------
    calculator
        GPAW's.
    solver
        ``continue``: begin the mixing anew, with as many cycles again. ``widen``: before that, converge with so many
        times the smearing. Then, as before, with the smearing that was asked for.
    """
    if calculator.old or not (solver.get("continue") or solver.get("widen")):
        return calculator
    usual = calculator.iconverge

    def iconverge(atoms: Any, *, need_wfs: bool = False) -> Iterator[Any]:
        from gpaw import KohnShamConvergenceError

        try:
            yield from usual(atoms, need_wfs=need_wfs)
        except KohnShamConvergenceError:
            if solver.get("widen"):
                yield from _widened(calculator, usual, atoms, solver["widen"])
            yield from usual(atoms, need_wfs=need_wfs)

    calculator.iconverge = iconverge
    return calculator


def _widened(calculator: Any, usual: Any, atoms: Any, factor: float) -> Iterator[Any]:
    """Converge with more smearing; the density stays, the numbers go."""
    cycle = calculator.dft.scf_loop
    narrow, parameters = cycle.occ_calc, calculator.params.todict()
    width = max(WIDE, factor * parameters["occupations"]["width"])
    wider = type(calculator.params)(**{**parameters, "occupations": {**parameters["occupations"], "width": width}})
    cycle.occ_calc = wider.dft_component_builder(atoms, log=calculator.log).create_occupation_number_calculator()
    try:
        yield from usual(atoms)
    finally:
        cycle.occ_calc = narrow
    calculator.dft.results.clear()
