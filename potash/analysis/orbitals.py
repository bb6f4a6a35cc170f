"""HOMO and LUMO of molecules beside one another."""

from __future__ import annotations

from typing import Any

from potash.analysis.result import Quantity, at_most

#: How much the potential may vary over the box's faces, in eV.
SPREAD = 0.05

WARNING = (
    "Kohn–Sham levels. The sign of a LUMO difference is robust, its size is not: it depends on the functional and on "
    "diffuse functions (hybrids with diffuse functions give a much smaller one than PBE in a small basis). "
    "A LUMO is no reduction potential (doi:10.1039/C8EE01286E)."
)


def summarise(
    names: list[str],
    results: list[dict[str, Any]],
    difference: tuple[str, str] | None,
    limits: dict[str, float],
    *,
    relaxed: bool,
) -> dict[str, Quantity]:
    """Turn the levels of molecules into quantities, and the difference of two LUMOs where asked."""
    quantities: dict[str, Quantity] = {}
    for name, result in zip(names, results, strict=True):
        checks = [at_most("variation of the vacuum potential", result["spread"], SPREAD, "eV")]
        if relaxed:
            checks.append(at_most("largest force left", result["force"], limits["force"], "eV/Å"))
        for level in ("homo", "lumo"):
            quantities[f"{level.upper()} {name}"] = Quantity(
                value=result[level], unit="eV", says="the vacuum level as zero", checks=tuple(checks)
            )
    if difference is not None:
        one, other = difference
        first, second = quantities[f"LUMO {one}"], quantities[f"LUMO {other}"]
        gap = Quantity(
            value=(first.value or 0.0) - (second.value or 0.0),
            unit="eV",
            says=f"LUMO of {one} less LUMO of {other}",
            answers="orbital level",
            checks=(*first.checks, *second.checks),
        )
        quantities = {f"LUMO {one} − {other}": gap, **quantities}
    return quantities
