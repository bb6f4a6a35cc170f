"""The rows of a study's tables: quantities beside experiments, checks beside their limits."""

from __future__ import annotations

from dataclasses import dataclass

from potash.analysis.published import SIGNS
from potash.analysis.report import numbers
from potash.analysis.result import Check, Quantity, StudyResult

#: Names of quantities that are letters of the field, with what they stand for.
SPOKEN = {"V0": "V₀", "B0": "B₀"}


@dataclass(frozen=True)
class QuantityRow:
    """A quantity as printed; `deviation` is that of the computed value from the measured one."""

    name: str
    value: str
    unit: str
    says: str
    experiment: str | None
    source: str | None
    deviation: str | None
    passed: int
    checks: int

    @property
    def whole(self) -> str:
        """The value with its unit."""
        return f"{self.value} {self.unit}".rstrip() if self.value != "–" else "–"


@dataclass(frozen=True)
class CheckRow:
    """A check as printed, and the quantities that rest on it."""

    name: str
    measured: str
    limit: str
    unit: str
    passed: bool
    of: str


@dataclass(frozen=True)
class CheckTable:
    """Checks that are shown together, the broken ones first."""

    title: str
    rows: list[CheckRow]

    @property
    def passed(self) -> int:
        """How many of them passed."""
        return sum(row.passed for row in self.rows)


def quantity_rows(result: StudyResult) -> list[QuantityRow]:
    """Print a study's quantities."""
    return [quantity_row(name, quantity) for name, quantity in result.quantities.items()]


def quantity_row(name: str, quantity: Quantity) -> QuantityRow:
    """Print one quantity."""
    value = numbers.number(quantity.value, quantity.unit)
    if quantity.error is not None and quantity.value is not None:
        places = numbers.decimals(quantity.value, quantity.unit)
        value += f" ± {numbers.number(quantity.error, quantity.unit) if 'e' in value else numbers.fixed(quantity.error, places)}"
    measured = quantity.experiment
    deviation = None
    if measured and quantity.value is not None and measured.value:
        deviation = f"{numbers.signed(100 * (quantity.value - measured.value) / abs(measured.value))} %"
    return QuantityRow(
        name=SPOKEN.get(name, name),
        value=value if value == "–" else SIGNS[quantity.relation] + value,
        unit=numbers.unit(quantity.unit),
        says=quantity.says,
        experiment=numbers.number(measured.value, quantity.unit) if measured else None,
        source=measured.source if measured else None,
        deviation=deviation,
        passed=sum(check.passed for check in quantity.checks),
        checks=len(quantity.checks),
    )


def check_tables(result: StudyResult) -> list[CheckTable]:
    """Print a study's checks; of a network, those of each hop on their own and not again."""
    kinds = result.data.get("kinds", ()) if result.kind in ("network", "passage") else ()
    own = {f"hop {kind['number']}: {check['name']}" for kind in kinds for check in kind["checks"]}
    tables = [CheckTable("Checks", [row for row in check_rows(result) if row.name not in own])]
    for kind in kinds:
        name = f"Hop {kind['number']}, {kind['from']} to {kind['to']}: checks"
        rows = [_check_row(Check.model_validate(check), [], 0) for check in kind["checks"]]
        tables.append(CheckTable(name, sorted(rows, key=lambda row: row.passed)))
    return [table for table in tables if table.rows]


def check_rows(result: StudyResult) -> list[CheckRow]:
    """Print a study's checks, each once, the broken ones first."""
    of: dict[Check, list[str]] = {}
    for name, quantity in result.quantities.items():
        for check in dict.fromkeys(quantity.checks):
            of.setdefault(check, []).append(SPOKEN.get(name, name))
    checked = [name for name, quantity in result.quantities.items() if quantity.checks]
    rows = [_check_row(check, names, len(checked)) for check, names in of.items()]
    return sorted(rows, key=lambda row: row.passed)


def _check_row(check: Check, names: list[str], checked: int) -> CheckRow:
    return CheckRow(
        name=check.name,
        measured=numbers.short(check.value),
        limit=("≤ " if check.relation == "<=" else "≥ ") + numbers.short(check.limit),
        unit=numbers.unit(check.unit),
        passed=check.passed,
        of="all quantities" if len(names) == checked > 1 else ", ".join(names),
    )


def headline(result: StudyResult) -> QuantityRow | None:
    """Choose the quantity that stands for the study: one held against a published value, or else the first."""
    compared = [row.quantity for row in result.published if row.quantity in result.quantities]
    names = [name for name in (*compared, *result.quantities) if name is not None]
    return quantity_row(names[0], result.quantities[names[0]]) if names else None
