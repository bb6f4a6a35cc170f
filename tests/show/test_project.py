"""What the command line says of finished studies."""

from __future__ import annotations

from potash.show.project import _headline


def test_quantities_that_a_study_could_not_tell_are_left_out_of_its_headline() -> None:
    told = {"value": 0.5, "unit": "eV"}
    quantities = {"median barrier": {"value": None, "unit": "eV"}, "energy": told, "gap": {**told, "value": 1e-12}}
    assert _headline({"status": "done", "quantities": quantities}) == "energy 0.5 eV, gap 0 eV"
    assert _headline({"status": "failed", "reason": "no engine", "quantities": quantities}) == "no engine"
