"""Images side by side: as many as k-points leave cores for, and the same band as one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.io import read

from potash.calcs.calculation import Calculation
from potash.calcs.engine import engine
from potash.calcs.site import Cores, Site
from potash.calcs.team import at_once, widest
from potash.calcs.vault import Vault
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.workflows.jobs import resolve


def band(code: str = "gpaw", task: str = "band", kpoints: tuple[int, ...] = (1, 1, 1), images: int = 2) -> Calculation:
    """Sodium goes to another place in a cell with lithium, by a way that is no mirror image of itself."""
    before = Atoms("LiNa" if code == "gpaw" else "CuAu", [[0, 0, 0], [1.5, 0, 0]], cell=[4.2, 3.0, 3.0], pbc=True)
    after = before.copy()
    after.positions[1, 0] = 2.4
    own = {"kpoints": list(kpoints), "cutoff": 200} if code == "gpaw" else {}
    options = {"images": images, "band_force": 0.3, "band_steps": 6}
    recipe = {"engine": code, "protocol": "fast", "settings": own, "task": task, "options": options}
    return resolve(recipe, [encode(before), encode(after)])


@pytest.fixture
def gpaw() -> None:
    try:
        engine("gpaw").version()
    except BadInput:
        pytest.skip("GPAW is not installed")


@pytest.mark.usefixtures("gpaw")
@pytest.mark.parametrize(("kpoints", "images", "cores", "groups"), [
    ((1, 1, 1), 7, 1, 1), ((1, 1, 1), 7, 2, 2), ((1, 1, 1), 7, 16, 4), ((1, 1, 1), 3, 8, 2), ((1, 1, 1), 7, 7, 7),
    ((2, 2, 2), 7, 2, 1), ((2, 2, 2), 7, 8, 2), ((2, 2, 2), 7, 6, 1), ((2, 2, 2), 7, 64, 4),
])  # fmt: skip
def test_images_take_the_cores_that_kpoints_leave(
    kpoints: tuple[int, ...], images: int, cores: int, groups: int
) -> None:
    calculation = band(kpoints=kpoints, images=images)
    assert at_once(calculation, cores) == groups
    assert widest(calculation) == images * (4 if kpoints == (2, 2, 2) else 1)


@pytest.mark.usefixtures("gpaw")
def test_others_are_not_split() -> None:
    assert at_once(band(task="surrogate"), 8) == 1
    assert widest(band(task="surrogate")) == 1
    assert (at_once(band("emt"), 8), widest(band("emt"))) == (1, 1)


def ran(calculation: Calculation, folder: Path, cores: int, record: str = "") -> tuple[dict[str, Any], str]:
    """Run with so many cores, from a record of calls; give the result and the whole record."""
    site = Site(Vault(folder), Cores(cores))
    own = site.vault.folder(calculation.key)
    if record:
        own.mkdir(parents=True)
        (own / "calls.xyz").write_text(record)
    return site.perform(calculation, "band"), (own / "calls.xyz").read_text()


@pytest.mark.dft
def test_side_by_side_is_one_after_the_other(tmp_path: Path) -> None:
    calculation = band()
    alone, _ = ran(calculation, tmp_path / "one", 1)
    both, two = ran(calculation, tmp_path / "two", 2)
    own = Vault(tmp_path / "two").folder(calculation.key)
    assert {path.name for path in own.glob("gpaw-*.1.txt")} == {"gpaw-1.1.txt", "gpaw-2.1.txt"}
    assert both["energies"] == pytest.approx(alone["energies"], abs=2e-3)
    assert both["calls"] == two.count("Lattice=")
    # Killed in the midst of the fourth call, it goes on from what is whole, to the same record.
    kept = "\n".join(two.splitlines()[:15]) + "\n"
    again, more = ran(calculation, tmp_path / "again", 2, record=kept)
    whole = "\n".join(two.splitlines()[:12]) + "\n"
    assert whole.count("Lattice=") == 3
    assert more.startswith(whole)
    assert not more.startswith(kept.rstrip())
    assert again["energies"] == pytest.approx(both["energies"], abs=2e-3)
    places = [
        [atoms.positions for atoms in read(path, ":4", format="extxyz")]
        for path in sorted(tmp_path.glob("*/*/*/calls.xyz"))
    ]
    assert np.ptp(places, axis=0).max() < 1e-6, "the first calls are the same ones, in the same order"
