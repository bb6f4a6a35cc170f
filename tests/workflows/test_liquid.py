"""Liquids from the campaign file to the report: an electrolyte and argon, small and short."""

import json
from pathlib import Path
from typing import Any

import pytest

from potash.analysis.ordering import Ranked, beside
from potash.analysis.published import Verdict
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.structures import boxes
from potash.studies.liquids import LiquidStudy
from potash.studies.others import OrderingStudy
from potash.workflows.build import build
from potash.workflows.planning import plan
from tests import direct
from tests.conftest import Run

HEAD = "campaign: a\nengine: openmm\nprotocol: fast\nstudies:\n"
SHORT = "rest: 0.002, production: 0.004, interval: 0.02"
ELECTROLYTE = (
    "id: kfsi, kind: liquid, salt: KFSI, solvents: {DME: 4}, parts: 1, atoms: 300, density: 0.8, charges: 0.8, "
    f"{SHORT}, settings: {{cutoff: 7}}"
)
ARGON = (
    "id: argon, kind: liquid, solvents: {Ar: 1}, atoms: 200, temperature: 94.4, rest: 0.005, production: 0.01, "
    "interval: 0.05, settings: {cutoff: 8, timestep: 5}"
)

PUBLISHED = Path(__file__).parents[2] / "examples" / "published"
#: Campaigns whose verdicts are orders of liquids, and the published rows that each must answer, once by full charges and once by scaled ones.
ORDERS = {
    "kfsi-dme": {"A081"},
    "kfsi-ethers": {"L13"},
    "kfsi-carbonates": {"L19", "L20"},
    "kfsi-phosphates": {"L17"},
}


def orderings(name: str) -> list[OrderingStudy]:
    studies = load(PUBLISHED / f"{name}.yaml").studies
    return [study for study in studies if isinstance(study, OrderingStudy)]


def written(folder: Path, *studies: str) -> Path:
    path = folder / "a.yaml"
    path.write_text(HEAD + "".join(f"  - {{{study}}}\n" for study in studies))
    return path


@pytest.fixture
def found(tmp_path: Path, potash: Run) -> dict[str, Any]:
    written(tmp_path, ELECTROLYTE, ARGON)
    ran = potash("run", "a.yaml", "--dir", "a", "--cores", "1")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (tmp_path / "a" / "report" / "index.html").exists()
    again = potash("run", "a.yaml", "--dir", "a", "--cores", "1")
    assert "running" not in again.stdout
    results = json.loads((tmp_path / "a" / "report" / "results.json").read_text())["studies"]
    return {each["id"]: each for each in results}


def test_from_the_file_to_the_report(found: dict[str, Any]) -> None:
    electrolyte = found["kfsi"]
    assert electrolyte["status"] == "done", electrolyte["reason"]
    assert electrolyte["system"] == "1 parts KFSI in DME"
    assert electrolyte["provenance"]["engine"] == "openmm"
    assert electrolyte["provenance"]["force_calls"] == 1000 + 2000
    quantities = electrolyte["quantities"]
    assert quantities["density"]["value"] == 0.8
    assert 0.5 < quantities["concentration"]["value"] < 2.5
    shares = [
        quantities[f"{state} FSI-"]["value"]
        for state in ("free", "SSIP", "CIP", "AGG")
        if f"{state} FSI-" in quantities
    ]
    assert sum(shares) == pytest.approx(100)
    asked = {ordering.quantity for name in ORDERS for ordering in orderings(name)}
    assert asked <= set(quantities), "the examples order what a run gives"
    notes = " ".join(electrolyte["notes"])
    assert "scaled by 0.8" in notes
    for source in ("10.1021/acs.jpcb.3c06602", "10.1021/j100384a009", "github.com/paduagroup/clandp at 709bc7e0"):
        assert source in notes
    argon = found["argon"]
    assert argon["status"] == "done", argon["reason"]
    density = argon["quantities"]["density"]
    assert density["value"] == pytest.approx(1.37, abs=0.08)
    assert 0 < density["error"] < 0.05
    assert {check["name"] for check in density["checks"]} >= {"drift of the density, over its standard error"}
    assert all(check["passed"] for check in density["checks"])
    assert "ns/day" in argon["notes"][0]


def test_gaff_with_charges_of_its_own(tmp_path: Path, potash: Run) -> None:
    study = (
        "id: methanol, kind: liquid, solvents: {CO: 1}, forcefield: gaff, atoms: 102, density: 0.786, "
        "rest: 0.002, production: 0.004, interval: 0.02, settings: {cutoff: 5}"
    )
    written(tmp_path, study)
    ran = potash("run", "a.yaml", "--dir", "a", "--cores", "1")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (made,) = json.loads((tmp_path / "a" / "report" / "results.json").read_text())["studies"]
    assert made["status"] == "done", made["reason"]
    notes = " ".join(made["notes"])
    assert "GAFF for CO: GAFF 1.81" in notes
    assert "Charges of CO: RESP (doi:10.1021/j100142a004) at HF/6-31G*" in notes
    vault = [json.loads(path.read_text()) for path in (tmp_path / "a" / "vault").glob("*/*/calculation.json")]
    (dynamics,) = [each for each in vault if each["task"] == "dynamics"]
    assert dynamics["options"]["rules"]["combination"] == "Lorentz-Berthelot"
    (parameters,) = dynamics["options"]["parameters"]
    assert " ".join(parameters["types"]) == "c3 oh h1 h1 h1 ho"
    # AmberTools' methanol (solvents.lib), RESP as well, has -0.6497 and 0.4215 e.
    assert parameters["charges"][1] == pytest.approx(-0.65, abs=0.03)
    assert parameters["charges"][5] == pytest.approx(0.42, abs=0.02)
    assert sum(parameters["charges"]) == pytest.approx(0, abs=1e-9)


def test_a_plan_lists_conformers_potentials_and_dynamics(tmp_path: Path) -> None:
    study = "id: c, kind: liquid, salt: KFSI, solvents: {DMC: 9}, parts: 1, forcefield: gaff, atoms: 600"
    entries = plan(build(load(written(tmp_path, study))), Vault(tmp_path / "vault"))
    tasks = [entry.task for entry in entries]
    assert tasks.count("search") == 2
    assert tasks.count("electrostatics") >= 2
    assert tasks[-1] == "dynamics"
    assert {entry.settings["basis"] for entry in entries if entry.task == "electrostatics"} == {"6-31G*"}


def test_a_plan_knows_the_steps(tmp_path: Path) -> None:
    entries = plan(build(load(written(tmp_path, ARGON))), Vault(tmp_path / "vault"))
    (entry,) = entries
    assert (entry.task, entry.atoms) == ("dynamics", 200)
    assert entry.disk * 2**30 == 200 * 12 * 200 + 56 * 8 * 500, "0.01 ns: 200 frames, 500 samples of the currents"
    assert entry.calls == round((0.3 + 0.015) * 1e6 / 5)
    assert entry.certain


def test_a_box_is_packed_once_for_all_charges_and_plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = "kind: liquid, salt: KFSI, solvents: {DME: 4}, parts: 1, atoms: 300, settings: {cutoff: 7}"
    campaign = load(written(tmp_path, f"id: full, {study}", f"id: scaled, charges: 0.8, {study}"))
    packs = []
    monkeypatch.setattr(boxes, "_packmol", lambda folder, pack=boxes._packmol: packs.append(folder) or pack(folder))
    first, second = (plan(build(campaign), Vault(tmp_path / "vault")) for _ in range(2))
    assert len(packs) == 1
    assert [entry.key for entry in first] == [entry.key for entry in second]
    assert len({entry.key for entry in first}) == 2


def test_a_plan_reckons_with_the_density_that_the_box_will_have(tmp_path: Path) -> None:
    """Packmol's box is looser than the liquid: its pairs within the cutoff would be a fifth too few."""
    study = "kind: liquid, solvents: {DME: 1}, atoms: 600, rest: 1, production: 1, settings: {cutoff: 7}"
    loose, tight = (
        plan(build(load(written(tmp_path, f"id: a, {study}{more}"))), Vault(tmp_path / more))[-1]
        for more in ("", ", density: 0.8683")
    )
    assert loose.core_seconds / loose.calls == pytest.approx(tight.core_seconds / tight.calls, rel=0.01)


def test_a_plan_lists_the_levels_of_shells_that_nobody_knows_yet(tmp_path: Path) -> None:
    """In a continuum of the liquid's own solvents (104 cm³ of DME, 85 of PC), or in one that is named; one cation in each."""
    mixed = "kind: liquid, salt: KFSI, solvents: {DME: 1, PC: 1}, parts: 0.4, atoms: 400, settings: {cutoff: 6}"
    own = f"id: own, {mixed}, levels: {{}}"
    named = "id: named, kind: liquid, salt: KFSI, solvents: {water: 20}, parts: 1, atoms: 400, levels: {settings: {solvent: 78.4}}, settings: {cutoff: 6}"
    entries = plan(build(load(written(tmp_path, own, named))), Vault(tmp_path / "vault"))
    shells = [entry for entry in entries if entry.task == "orbitals"]
    assert {entry.study for entry in shells} == {"own", "named"}
    assert not any(entry.certain for entry in shells)
    for entry in shells:
        assert entry.settings["dielectric"] == pytest.approx(78.4 if entry.study == "named" else 33.2, abs=0.2)
        assert entry.formula.count("K") == 1
        assert "K2" not in entry.formula


@pytest.mark.parametrize("name", ORDERS)
def test_published_orders_are_judged_by_full_and_by_scaled_charges(name: str) -> None:
    campaign = load(PUBLISHED / f"{name}.yaml")
    assert len(build(campaign)) == len(campaign.studies)
    liquids = {study.id: study for study in campaign.studies if isinstance(study, LiquidStudy)}
    assert not any(study.published for study in liquids.values()), "a liquid alone is no verdict"
    judged: dict[float, set[str]] = {}
    for ordering in orderings(name):
        (factor,) = {liquids[each].charges for each in ordering.order}
        judged.setdefault(factor, set()).update(ordering.published)
        values = [Ranked(each, float(rank), 0.1, "%") for rank, each in enumerate(ordering.order)]
        for row in beside(ordering.published, values, ordering.quantity):
            assert row.verdict is Verdict.ordering_reproduced
    assert judged == {1.0: ORDERS[name], 0.8: ORDERS[name]}
    assert all(study.rest >= 5 for study in liquids.values()), "ions find their places long after the density rests"


def test_ethers_that_have_a_name_go_by_it() -> None:
    liquids = [
        each
        for each in load(PUBLISHED / "kfsi-ethers.yaml").studies + load(PUBLISHED / "kfsi-carbonates.yaml").studies
        if isinstance(each, LiquidStudy)
    ]
    assert {name for each in liquids for name in each.solvents} == {"DPGDME", "DBE", "1,3-dioxane", "EC", "DEC"}
    parts = {each.forcefield: each.solvents for each in liquids if each.id and each.id.startswith("dioxane")}
    assert parts["opls"] == parts["gaff"], "one row's boxes by two force fields are mixed alike"


#: What a file says, and what is said of it.
WRONG = {
    "salt: KFSI, solvents: {DME: 1}": "a salt needs one of the keys concentration (mol/L), molality (mol/kg) and parts",
    "salt: KFSI, solvents: {DME: 1}, parts: 1, molality: 2": "not several",
    "solvents: {DME: 1}, parts: 1": "parts: there is no salt",
    "solvents: {DME: 1}, levels: {}": "levels: there is no salt",
    "salt: KFSI, parts: 1, solvents: {water: 9}, levels: {}": "no dielectric constant is on record for 'water'; give the number itself: levels: {settings: {solvent: …}}",
    "salt: KFSI, parts: 1, solvents: {DME: 2, TTE: 1}, forcefield: gaff, levels: {}": "no dielectric constant is on record for 'TTE'; "
    "give the number itself: levels: {settings: {solvent: …}}",
    "solvents: {DMEE: 1}": "'DMEE' is no molecule that potash knows",
    "solvents: {TTE: 1}": "no force field of the family opls has atom types for all of TTE",
    "solvents: {TEP: 1}": "the family gaff has: forcefield: gaff",
    "salt: KPF6, parts: 1, solvents: {DMC: 9}, forcefield: gaff": "no force field of the family gaff has atom types for all of PF6-",
    "solvents: {DME: 1}, forcefield: amber": "forcefield must be opls or gaff",
    "salt: KDME, parts: 1, solvents: {DME: 1}": "'KDME' is no salt of Li, Na or K",
    "solvents: {DME: 1}, engine: gpaw": "engine must be openmm",
    "solvents: {DME: 1}, charges: 1.5": "charges must be a number above 0, at most 1",
    "solvents: {DME: 1}, density: 0.9, pressure: 10": "pressure: the density is given",
    "solvents: {DME: 1}, settings: {spacing: 2}": "unknown setting 'spacing' of the engine openmm",
}


@pytest.mark.parametrize("keys", WRONG)
def test_bad_input_is_one_sentence_with_its_line(tmp_path: Path, keys: str) -> None:
    direct.assert_refused(written(tmp_path, f"kind: liquid, {keys}"), WRONG[keys], 5)
