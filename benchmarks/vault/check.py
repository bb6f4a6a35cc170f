"""What a vault must look like after the trial."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ase.io import read

#: What a finished calculation's folder holds.
WHOLE = {"calculation.json", "calls.xyz", "result.json", "worker.out", "worker.err"}


@dataclass(frozen=True)
class Found:
    """Counts, and what is wrong in sentences."""

    counts: dict[str, Any]
    wrong: list[str]


def faults(folder: Path, calculations: int, disturbances: int) -> Found:
    """Compare the vault with the log of real force calls."""
    keys = [path for path in folder.glob("vault/*/*") if path.is_dir()]
    wrong: list[str] = []
    recorded: Counter[tuple[str, str, str]] = Counter()
    left: Counter[str] = Counter()
    for path in keys:
        left.update(name.name.split("-")[0] for name in path.iterdir() if name.name not in WHOLE)
        wrong += _half(path)
        recorded.update(_calls(path))
    made: Counter[tuple[str, str, str]] = Counter()
    late = 0
    for line in (folder / "calls.log").read_text().splitlines():
        key, after, energy, volume = line.split()
        made[key, *_digits(energy, volume)] += 1
        late += int(after)
    results = sum((path / "result.json").exists() for path in keys)
    twice = sum(count - 1 for count in recorded.values())
    repeated = made.total() - recorded.total()
    if not len(keys) == results == calculations:
        wrong.append(f"{calculations} calculations, {len(keys)} folders, {results} results")
    if twice:
        wrong.append(f"{twice} force calls are on record twice")
    if set(recorded) - set(made):
        wrong.append("calls are on record that nobody made")
    if repeated > disturbances:
        wrong.append(f"{repeated} force calls made again, more than the {disturbances} that were under way")
    if late:
        wrong.append(f"{late} force calls were begun for finished calculations")
    counts = {
        "calculations": calculations,
        "results": results,
        "force calls on record": recorded.total(),
        "force calls made": made.total(),
        "calls lost under way and made again": repeated,
        "calls of finished calculations made again": late,
        "folders half written": sum("half" in sentence for sentence in wrong),
        "files left over": dict(left) or 0,
    }
    return Found(counts, wrong)


def _half(path: Path) -> list[str]:
    missing = WHOLE - {name.name for name in path.iterdir()}
    if missing:
        return [f"{path.name} is half written: no {', '.join(sorted(missing))}"]
    result = json.loads((path / "result.json").read_text())
    count = len(read(path / "calls.xyz", index=":"))
    if result["calls"] != count:
        return [f"{path.name} is half written: {count} calls on record, {result['calls']} in the result"]
    return []


def _calls(path: Path) -> list[tuple[str, str, str]]:
    if not (path / "calls.xyz").exists():
        return []
    return [
        (path.name, *_digits(frame.get_potential_energy(), frame.get_volume()))
        for frame in read(path / "calls.xyz", index=":")
    ]


def _digits(energy: Any, volume: Any) -> tuple[str, str]:
    """Tell a structure by its energy (eV) and volume (Å³)."""
    return f"{float(energy):.10f}", f"{float(volume):.8f}"
