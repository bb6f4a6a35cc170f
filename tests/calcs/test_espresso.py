"""Quantum ESPRESSO: its input as settings and atoms demand, its faults as sentences, and real runs of pw.x."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms

from potash.calcs import dispersion, espresso, gth, pwx
from potash.calcs.calculation import Calculation
from potash.calcs.engine import protocol, sort_of
from potash.calcs.espresso import Espresso
from potash.calcs.pwx import PwTemplate, PwX
from potash.calcs.pwx_input import pools
from potash.calcs.worker import compute
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.workflows.jobs import resolve

CELL = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


def selenide(lattice: float = 7.75) -> Atoms:
    places = [(0.25, 0.25, 0.25), (0.75, 0.75, 0.75), (0, 0, 0)]
    return Atoms("K2Se", scaled_positions=places, cell=CELL * lattice, pbc=True)


@pytest.fixture
def pseudo(tmp_path: Path) -> Path:
    folder = tmp_path / "pseudo"
    folder.mkdir()
    for symbol, number, electrons in (("K", 19, 9), ("Se", 34, 6), ("O", 8, 6)):
        (folder / f"{symbol}.gth").write_text(f"{symbol}\n{number} {electrons} 0\n")
    return folder


def complete(atoms: Atoms, pseudo: Path, **overrides: Any) -> dict[str, Any]:
    settings = protocol("espresso", "fast", sort_of(atoms))
    return Espresso().complete(atoms, {**settings, "pseudopotentials": str(pseudo), **overrides})


def written(atoms: Atoms, settings: dict[str, Any], folder: Path) -> list[str]:
    template = PwTemplate(settings)
    template.write_input(pwx.EspressoProfile("pw.x", "."), folder, atoms, {}, [])
    return [" ".join(line.split()) for line in (folder / "espresso.pwi").read_text().splitlines()]


def slab(lift: float = 0.0) -> Atoms:
    return Atoms("KO", positions=[(0, 0, 4 + lift), (0, 0, 6 + lift)], cell=[4, 4, 20], pbc=(True, True, False))


def test_a_crystals_input(pseudo: Path, tmp_path: Path) -> None:
    lines = written(selenide(), complete(selenide(), pseudo, symmetry=True), tmp_path)
    for line in (
        "ecutwfc = 80",
        "ecutrho = 320",
        "smearing = 'gaussian'",
        "tprnfor = .true.",
        "tstress = .true.",
        "nosym = .false.",
        "nspin = 1",
        "5 5 5 0 0 0",
        "K 39.0983 K.gth",
    ):
        assert line in lines
    assert not [line for line in lines if line.startswith(("startingpot", "tefield", "assume_isolated"))]


def test_divisions_stay_off_the_origin_in_orthogonal_cells_alone(pseudo: Path, tmp_path: Path) -> None:
    cube = Atoms("K", cell=[5.3, 5.3, 8.0], pbc=True)
    assert "4 4 3 1 1 0" in written(cube, complete(cube, pseudo), tmp_path)
    skew = selenide()
    assert "4 4 4 0 0 0" in written(skew, complete(skew, pseudo, kpoints=[4, 4, 4]), tmp_path)


def test_charge_and_spin(pseudo: Path, tmp_path: Path) -> None:
    atoms = selenide()
    atoms.set_initial_magnetic_moments([0, 0, 3])
    lines = written(atoms, complete(atoms, pseudo, charge=1.0), tmp_path)
    assert "nspin = 2" in lines
    assert "tot_charge = 1.0" in lines
    assert "starting_magnetization(2) = 0.5" in lines  # 3 of 6 electrons


def test_a_slabs_jump_lies_in_the_vacuum(pseudo: Path, tmp_path: Path) -> None:
    settings = complete(slab(), pseudo)
    assert settings["dipole"] == {"start": 0.7, "width": 0.1}  # atoms at 0.2 and 0.3, the vacuum's middle 0.75
    lines = written(slab(), settings, tmp_path)
    for line in ("tefield = .true.", "dipfield = .true.", "edir = 3", "emaxpos = 0.7", "tstress = .false."):
        assert line in lines
    assert complete(slab(lift=9.0), pseudo)["dipole"]["start"] == pytest.approx(0.15)
    assert "dipole" not in complete(slab(), pseudo, dipole=False)


def test_refuses_slabs_with_vacuum_elsewhere(pseudo: Path) -> None:
    atoms = slab()
    atoms.pbc = (True, False, True)
    with pytest.raises(BadInput, match="third vector"):
        complete(atoms, pseudo)


def test_a_molecules_box(pseudo: Path, tmp_path: Path) -> None:
    pair = Atoms("O2", positions=[(0, 0, 0), (0, 0, 5)])
    with pytest.raises(BadInput, match="vacuum"):
        complete(pair, pseudo)
    pair.center(vacuum=2.0)
    with pytest.raises(BadInput, match="twice"):
        complete(pair, pseudo)
    pair.center(vacuum=3.0)
    lines = written(pair, complete(pair, pseudo), tmp_path)
    assert "assume_isolated = 'mt'" in lines
    assert "K_POINTS gamma" in lines


def test_density_cutoff_follows_the_pseudopotentials(pseudo: Path) -> None:
    (pseudo / "Se.gth").unlink()
    (pseudo / "Se.upf").write_text('<PP_HEADER pseudo_type="PAW" z_valence="6.0"/>')
    assert complete(selenide(), pseudo)["density_cutoff"] == 640
    assert complete(selenide(), pseudo, density_cutoff=700)["density_cutoff"] == 700


def key(settings: dict[str, Any]) -> str:
    return Calculation(
        task="relax", atoms=(encode(selenide()),), engine="espresso", version="6.7", settings=settings, options={}
    ).key


def test_the_key_knows_the_content_of_pseudopotentials_not_their_folder(pseudo: Path, tmp_path: Path) -> None:
    before = key(complete(selenide(), pseudo))
    moved = tmp_path / "moved"
    shutil.copytree(pseudo, moved)
    assert key(complete(selenide(), moved)) == before
    (moved / "K.gth").write_text("K\n19 9 1\nother numbers")
    assert key(complete(selenide(), moved)) != before


def test_the_worker_finds_the_campaigns_folder_again(
    pseudo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = Espresso()
    settings = coordinator.complete(
        selenide(), {**protocol("espresso", "fast", "crystal"), "pseudopotentials": str(pseudo)}
    )
    monkeypatch.setenv(espresso.FOLDERS, coordinator.environment()[espresso.FOLDERS])
    calculator = Espresso().calculator(selenide(), settings, tmp_path / "run")
    assert isinstance(calculator, PwX)
    assert calculator.files == {"K": pseudo / "K.gth", "Se": pseudo / "Se.gth"}


def test_no_group_of_cores_goes_without_a_k_point() -> None:
    assert pools({}, 4) == 1
    assert pools({"kpoints": [2, 2, 2], "gamma": True}, 4) == 4  # all eight are their own images
    assert pools({"kpoints": [3, 1, 1], "gamma": False}, 4) == 2
    assert pools({"kpoints": [2, 2, 1], "gamma": False}, 6) == 2
    assert pools({"kpoints": [5, 5, 5], "gamma": True, "symmetry": True}, 8) == 2  # at least 3


def test_says_how_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    espresso._version.cache_clear()
    with pytest.raises(BadInput, match="apt-get install quantum-espresso"):
        Espresso().version()


def test_a_dispersion_correction_takes_the_pseudopotentials_functional(pseudo: Path) -> None:
    pytest.importorskip("dftd3")
    plain = dispersion.completed(complete(selenide(), pseudo))
    assert "functional" not in plain
    assert "dispersion" not in plain
    with pytest.raises(BadInput, match=r"K\.gth does not tell one"):
        complete(selenide(), pseudo, dispersion="D3(BJ)")
    for path in pseudo.iterdir():
        path.write_text(f"{path.read_text()}10 11 2 0 2001 0\n")
    found = dispersion.completed(complete(selenide(), pseudo, dispersion="D3(BJ)"))
    assert found["functional"] == "PBE"
    assert found["dispersion"].startswith("D3(BJ), dftd3 ")


def test_refuses_levels_and_charges(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="use gpaw"):
        Espresso().levels(selenide(), None)
    with pytest.raises(BadInput, match="use gpaw"):
        Espresso().charges(selenide(), {}, tmp_path)


CRASH = """
 %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%
     Error in routine  {} (1):
      {}
 %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%
"""

#: The same of two ranks that wrote at once, as pw.x 6.7 left it.
BOTH = """
 %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%
     Error in routine mp_start_pools (1):

 %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%
     Error in routine mp_start_pools (1):
     invalid number of pools, out of range
 %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%

     stopping ...
     invalid number of pools, out of range
 %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%

     stopping ...
"""


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("espresso.pwo", BOTH, "mp_start_pools: invalid number of pools"),
        ("espresso.pwo", "     convergence NOT achieved after 100 iterations: stopping", "did not converge"),
        ("CRASH", CRASH.format("readpp", "file ./scratch/pseudo/K.gth not found"), "no pseudopotential"),
        ("CRASH", CRASH.format("cdiaghg", "problems computing cholesky"), "cdiaghg: problems computing cholesky"),
    ],
)
def test_faults_are_sentences(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / "pw.1").mkdir()
    (tmp_path / "pw.1/espresso.pwo").touch()
    (tmp_path / "pw.1" / name).write_text(text)
    assert said in (Espresso().fault(tmp_path) or "")


def test_a_fault_outside_pwx_is_the_workers(tmp_path: Path) -> None:
    assert Espresso().fault(tmp_path) is None
    (tmp_path / "worker.err").write_text("Traceback\nRuntimeError: the pseudopotential is gone\n")
    assert Espresso().fault(tmp_path) == "the pseudopotential is gone"


def test_a_killed_process_leaves_no_wave_functions_behind(pseudo: Path, tmp_path: Path) -> None:
    left = tmp_path / "pw.1/scratch.0"
    left.mkdir(parents=True)
    settings = complete(selenide(), pseudo)
    images = [PwX(tmp_path, settings, {}) for _ in range(2)]
    assert [image.directory.name for image in images] == ["pw.2", "pw.3"]
    assert not left.exists()


# From here on pw.x itself, with GTH pseudopotentials, at cutoffs that serve consistency, not accuracy.

real = [
    pytest.mark.dft,
    pytest.mark.skipif(shutil.which("pw.x") is None, reason="pw.x is not installed"),
    pytest.mark.skipif(not (gth.CP2K_DATA / "GTH_POTENTIALS").exists(), reason="cp2k-data is not installed"),
]


@pytest.fixture(scope="module")
def potentials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gth")
    gth.convert(folder, ["K", "Se"])
    return folder


def attach(atoms: Atoms, potentials: Path, folder: Path, **overrides: Any) -> Atoms:
    code = Espresso()
    settings = {**protocol("espresso", "fast", "crystal"), "pseudopotentials": str(potentials), **overrides}
    atoms.calc = code.calculator(atoms, code.complete(atoms, settings), folder)
    return atoms


class TestReal:
    """pw.x on K2Se."""

    pytestmark = real

    def test_says_its_version(self) -> None:
        espresso._version.cache_clear()
        assert Espresso().version()[0].isdigit()

    def test_symmetry_and_stress(self, potentials: Path, tmp_path: Path) -> None:
        stresses = []
        for lattice in (7.2, 8.2):
            atoms = attach(selenide(lattice), potentials, tmp_path, cutoff=30, spacing=0.9, symmetry=True)
            assert np.isfinite(atoms.get_potential_energy())
            assert np.abs(atoms.get_forces()).max() < 1e-6
            stress = atoms.get_stress()
            assert stress[:3] == pytest.approx(stress[0])
            assert np.abs(stress[3:]).max() < 1e-6
            stresses.append(stress[0])
        assert stresses[0] < stresses[1]  # the compressed crystal pushes outwards, which is negative

    def test_forces_are_slopes_and_a_warm_start_changes_nothing(self, potentials: Path, tmp_path: Path) -> None:
        atoms = selenide()
        atoms.positions[0] += (0.12, 0.05, -0.03)
        attach(atoms, potentials, tmp_path, cutoff=30, spacing=2.0, convergence=1e-11)
        place, force = atoms.positions[0, 0], atoms.get_forces()[0, 0]
        energies = []
        for step in (-0.02, 0.02):
            atoms.positions[0, 0] = place + step
            energies.append(atoms.get_potential_energy())
        assert "startingwfc" in (tmp_path / "pw.1/espresso.pwi").read_text()
        assert force == pytest.approx((energies[0] - energies[1]) / 0.04, abs=0.01)
        atoms.positions[0, 0] = place
        warm = atoms.get_forces()
        attach(atoms, potentials, tmp_path, cutoff=30, spacing=2.0, convergence=1e-11)
        assert warm == pytest.approx(atoms.get_forces(), abs=2e-3)

    def test_the_dispersion_correction_is_added(self, potentials: Path, tmp_path: Path) -> None:
        pytest.importorskip("dftd3")
        energies = []
        for asked in ("none", "D3(BJ)"):
            settings = {"pseudopotentials": str(potentials), "cutoff": 15, "spacing": 2.0, "dispersion": asked}
            recipe = {
                "engine": "espresso",
                "protocol": "fast",
                "settings": settings,
                "task": "relax",
                "options": {"steps": 0},
            }
            folder = tmp_path / asked
            folder.mkdir()
            energies.append(compute(resolve(recipe, [encode(selenide())]), folder, rank=0)["energy"])
        correction = dispersion.Dispersion({"functional": "PBE", "dispersion": "D3(BJ)"})
        assert energies[1] - energies[0] == pytest.approx(correction(selenide(), {"energy": 0.0})["energy"], abs=1e-6)

    def test_cores_share_k_points(self, potentials: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if shutil.which("mpiexec") is None:
            pytest.skip("mpiexec is not installed")
        energies = []
        for cores in ("1", "2"):
            monkeypatch.setenv("POTASH_CORES", cores)
            atoms = attach(selenide(), potentials, tmp_path, cutoff=15, spacing=1.0)
            energies.append(atoms.get_potential_energy())
        assert energies[0] == pytest.approx(energies[1], abs=1e-6)
        assert "npool     =       2" in (tmp_path / "pw.2/espresso.pwo").read_text()

    def test_a_cycle_that_does_not_converge_says_so(self, potentials: Path, tmp_path: Path) -> None:
        atoms = attach(selenide(), potentials, tmp_path, cutoff=20, spacing=2.0, cycles=2)
        with pytest.raises(RuntimeError, match="did not converge"):
            atoms.get_potential_energy()
        assert "did not converge" in (Espresso().fault(tmp_path) or "")
