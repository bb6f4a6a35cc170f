"""Adsorption and adatoms on facets that can end in several ways, with EMT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from potash.calcs.vault import Vault
from potash.campaign import load
from potash.structures.encoding import decode
from potash.workflows.build import build
from potash.workflows.planning import plan
from tests.direct import Direct, assert_refused, run

#: A slab of (100) has NiPt on one side and CuPt on the other.
ALLOY = '4\nLattice="3.88 0 0 0 3.88 0 0 0 3.7" pbc="T T T"\nNi 0 0 0\nCu 1.94 1.94 0\nPt 0 1.94 1.85\nPt 1.94 0 1.85\n'


def written(folder: Path, *studies: str) -> Path:
    (folder / "a.xyz").write_text(ALLOY)
    path = folder / "s.yaml"
    path.write_text("campaign: s\nengine: emt\nstudies:\n" + "".join(f"  - {{{study}}}\n" for study in studies))
    return path


def test_the_adsorbate_sits_on_the_termination_that_was_named(tmp_path: Path) -> None:
    study = "kind: adsorption, phase: {file: a.xyz}, facets: [[1, 0, 0]], ion: Cu, supercell: [1, 1], sites: [top]"
    path = written(tmp_path, *[f"{study}, layers: 2, termination: {name}" for name in ("CuPt", "NiPt")])
    done = run(path, Direct(tmp_path))
    assert list(done) == ["adsorption-a-100-CuPt-Cu", "adsorption-a-100-NiPt-Cu"]
    for name, (expected, result) in zip(done, (("CuPt", done["adsorption-a-100-CuPt-Cu"].result),
                                               ("NiPt", done["adsorption-a-100-NiPt-Cu"].result)), strict=True):  # fmt: skip
        slab = decode(result["views"][0]["frames"][0])[:-1]
        top = slab.positions[:, 2] > slab.positions[:, 2].max() - 0.6
        assert set(slab.symbols[top]) == {expected[:2], "Pt"}, name
        assert result["system"] == f"Cu on a (100, {expected})"
        assert any(f"termination {expected}" in note for note in result["notes"])


def test_the_slab_is_cut_from_the_relaxed_crystal(tmp_path: Path) -> None:
    path = written(tmp_path, "kind: adsorption, phase: {file: a.xyz}, facets: [[0, 0, 1]], ion: Cu, supercell: [1, 1], "
                             "sites: [top], thickness: 6.0, substrate: frozen")  # fmt: skip
    place = Direct(tmp_path)
    result = next(iter(run(path, place).values())).result
    cell = next(found for found in place.results.values() if "fit" in found and len(found["atoms"]["symbols"]) == 4)
    lengths = np.sort(decode(cell["atoms"]).cell.lengths())
    slab = decode(result["views"][0]["frames"][0])[:-1]
    assert np.isclose(slab.cell.lengths()[:2, None], lengths).any(axis=1).all()
    assert len(slab) == 8  # two layers are the fewest that reach 6 Å
    assert np.ptp(slab.positions[:, 2]) == pytest.approx(1.5 * decode(cell["atoms"]).cell.lengths()[2], abs=1e-3)


def test_a_plan_names_the_slabs_of_compounds(tmp_path: Path) -> None:
    path = written(tmp_path, "kind: barrier, host: {file: a.xyz}, ion: Cu, mechanism: adatom, facet: [1, 0, 0], "
                             "termination: NiPt, layers: 2, supercell: [2, 2], cutoff: 3.0")  # fmt: skip
    entries = plan(build(load(path)), Vault(tmp_path / "vault"))
    assert any(entry.atoms == 33 for entry in entries)


@pytest.mark.parametrize(("study", "words"), [
    ("kind: adsorption, phase: K2Se, ion: K, facets: [[1, 1, 1]], termination: Sb", "(it has: K-1, K-2, Se, Se-half)"),
    ("kind: adsorption, phase: K2Se, ion: K, facets: [[1, 0, 0]]", "every termination of K2Se (1 0 0) is polar"),
    ("kind: adsorption, phase: graphene, ion: K, termination: C", "name the facet"),
    ("kind: adsorption, phase: Cu, ion: Cu, facets: [[1, 1, 1]], layers: 3, thickness: 9", "give one of the two"),
    ("kind: barrier, host: Cu, ion: Cu, termination: Cu", "name the facet"),
    ("kind: barrier, ends: [{file: a.xyz}, {file: a.xyz}], ion: Cu, thickness: 9", "leave it out"),
])  # fmt: skip
def test_what_cannot_be_cut_is_told(study: str, words: str, tmp_path: Path) -> None:
    assert_refused(written(tmp_path, study), words, line=4)
