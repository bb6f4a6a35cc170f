"""The table of faults: complete, recognised by what codes really print, each with a test; its remedies one after the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ase.build import bulk

from potash.calcs.calls import count_calls
from potash.calcs.diagnosis import diagnose
from potash.calcs.faults import OTHER, Found, by_code, other, recognise, table
from potash.calcs.remedies import Course
from potash.calcs.vault import Vault, write
from potash.errors import fault_of
from tests.calcs.asked import asked

TESTS = Path(__file__).parents[1]


def test_numbers_run_on_and_names_are_told_apart() -> None:
    assert list(table()) == [f"F{number:03d}" for number in range(len(table()))]
    assert len({row.fault for row in table().values()}) == len(table())
    for row in table().values():
        names = [remedy.name for remedy in row.remedies]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("number", [number for number in table() if number != "F026"])
def test_every_fault_is_brought_about_by_a_test(number: str) -> None:
    """Clock skew is the vault's."""
    others = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path != Path(__file__))
    assert any(number in text for text in others)


#: Lines that the codes really wrote.
SEEN = {
    "F001": [
        "OSError: [Errno 28] No space left on device: '/v/38/calls.xyz'",
        "forrtl: Disk quota exceeded",
        "OSError: [Errno 27] File too large",
    ],
    "F002": ["OSError: [Errno 30] Read-only file system: '/v/38'", "PermissionError: [Errno 13] Permission denied: '/v'"],
    "F003": [
        "MemoryError",
        "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 3.00 GiB for an array with shape (1,)",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=12.0. Some of your processes may have been killed.",
        "OpenBLAS error: Memory allocation still failed after 10 retries, giving up.",
    ],
    "F004": ["slurmstepd: error: *** JOB 12 ON node1 CANCELLED AT 2026-11-21T16:11:35 DUE TO TIME LIMIT ***"],
    "F006": ["pw.x found no pseudopotential ./scratch.12/pseudo/K.gth"],
    "F007": ["pw.x stopped in set_dft_from_name: conflicting values for igcx"],
    "F009": ['FileNotFoundError: Could not find required PAW dataset file "Al.PBE".'],
    "F010": [
        "/bin/sh: 1: module: not found",
        "bash: module: command not found",
        "Lmod has detected the following error: The following module(s) are unknown: \"gpaw/99\"",
        "pw.x: error while loading shared libraries: libmkl_core.so.2: cannot open shared object file",
        "FLEXlm: License server system does not support this feature. License checkout failed",
    ],
    "F012": [
        "ValueError: Cannot parallelize as the communicator size 2 is not divisible by the requested number 3",
        "pw.x stopped in divide_et_impera: some nodes have no k-points",
    ],
    "F013": ["gpaw.new.scf.TooFewBandsError", "ValueError: Too few bands!  Electrons: 3.0, bands: 1", "pw.x stopped in setup: too few bands"],
    "F014": ["gpaw.KohnShamConvergenceError", "RuntimeError: the self-consistent cycle did not converge"],
    "F015": [
        "numpy.linalg.LinAlgError: The leading minor of order 5 of B is not positive definite.",
        "pw.x stopped in cdiaghg: problems computing cholesky",
    ],
    "F016": ["gpaw.new.symmetry.SymmetryBrokenError"],
    "F017": ["RuntimeError: the output ends in the middle (/v/38/pw.1/espresso.pwo)"],
    "F027": [
        "mpiexec noticed that process rank 1 with PID 0 on node node1 exited on signal 9 (Killed).",
        "RuntimeError: pw.x ended with code 139 (see /v/38/pw.1/espresso.pwo)",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("number", "line"), [(number, line) for number, lines in SEEN.items() for line in lines])
def test_recognised_by_what_codes_print(number: str, line: str) -> None:
    found = recognise(f"Traceback (most recent call last):\n{line}\nand more")
    assert found is not None
    assert found.fault.number == number
    assert found.sentence.startswith(f"{number}: ")
    assert "\n" not in found.sentence


@pytest.mark.parametrize("line", ["ValueError: x", "a licence was read", "code 9", "F999: another potash's"])
def test_what_tells_nothing_is_not_taken_for_a_fault(line: str) -> None:
    assert recognise(line) is None


def test_a_number_that_was_given_is_kept() -> None:
    found = recognise("potash.errors.CalculationFailed: F019: a force of 4e+03 eV/Å: start from another structure")
    assert found is not None
    assert found.sentence == "F019: a force of 4e+03 eV/Å: start from another structure"
    assert fault_of(f"study: relaxing: {found.sentence}") == "F019"
    assert fault_of("all is well") is None


@pytest.mark.parametrize(("code", "number"), [(-9, "F027"), (137, "F027"), (-24, "F004"), (-25, "F001"), (127, "F010")])
def test_exit_codes(code: int, number: str) -> None:
    found = by_code(code)
    assert found is not None
    assert found.fault.number == number


def test_a_killed_process_is_out_of_memory_where_the_kernel_counted_it(tmp_path: Path) -> None:
    copper = asked("emt", bulk("Cu"))
    assert diagnose(copper, tmp_path, -9).fault.number == "F027"
    assert diagnose(copper, tmp_path, -9, killed=1).fault.number == "F003"
    (tmp_path / "worker.err").write_text("mpiexec noticed that process rank 1 with PID 0 exited on signal 9 (Killed)\n")
    assert diagnose(copper, tmp_path, 137, killed=1).fault.number == "F003"


def test_warnings_are_no_faults_of_a_worker_that_says_what_went_wrong(tmp_path: Path) -> None:
    copper = asked("emt", bulk("Cu"))
    (tmp_path / "worker.err").write_text("OSError: [Errno 13] Permission denied: '/root/.config'\nValueError: x\n")
    write(tmp_path / "error.json", {"type": "ValueError", "reason": "x", "told": False})
    assert diagnose(copper, tmp_path, 1).sentence == "F000: ValueError: x"
    (tmp_path / "error.json").unlink()
    assert diagnose(copper, tmp_path, 1).fault.number == "F002"


def test_what_has_no_number_is_told_whole(tmp_path: Path) -> None:
    write(tmp_path / "error.json", {"type": "ZeroDivisionError", "reason": "division by zero", "told": False})
    found = diagnose(asked("emt", bulk("Cu")), tmp_path, 1)
    assert found.sentence == "F000: ZeroDivisionError: division by zero"


def fault(number: str) -> Found:
    return Found(table()[number], f"{number}: so it was")


def test_remedies_come_in_their_order_each_once_and_all_stay_in_force(tmp_path: Path) -> None:
    calculation = asked("gpaw", bulk("Al"), cutoff=150, kpoints=[2, 2, 2], solver={"parameters": {"maxiter": 5}})
    key = calculation.key
    course = Course(calculation, tmp_path)
    assert course.applied() == calculation
    names = [remedy.name for remedy in table()["F014"].remedies if "gpaw" in (remedy.engines or ())]
    for name in names:
        assert Course(calculation, tmp_path).go_on(fault("F014"), calls=3, cores=1)
        assert Course(calculation, tmp_path).tried[-1].remedy == name
    course = Course(calculation, tmp_path)
    assert not course.go_on(fault("F014"), calls=4, cores=1)
    solver = course.applied().settings["solver"]
    assert solver["parameters"] == {
        "maxiter": 5,
        "mixer": {"name": "pulay", "beta": 0.02, "nmaxold": 5, "weight": 100.0},
        "eigensolver": {"name": "davidson"},
    }
    assert solver["continue"]
    assert (solver["widen"], solver["bands"]) == (4.0, 1.5)
    assert course.told()[0] == {"fault": "F014", "remedy": "slower mixing", "calls": 3}
    assert calculation.key == key == course.calculation.key


def test_each_engine_gets_its_own_words(tmp_path: Path) -> None:
    other_code = asked("emt", bulk("Cu")).model_copy(update={"engine": "espresso"})
    course = Course(other_code, tmp_path)
    assert course.go_on(fault("F014"), calls=0, cores=1)
    assert course.applied().settings["solver"]["parameters"] == {"mixing_beta": 0.15, "mixing_ndim": 12}
    assert not Course(asked("emt", bulk("Cu")), tmp_path / "none").go_on(fault("F014"), calls=0, cores=1)


def test_once_more_is_once_a_call(tmp_path: Path) -> None:
    course = Course(asked("emt", bulk("Cu")), tmp_path)
    assert course.go_on(fault("F027"), calls=2, cores=1)
    assert not course.go_on(fault("F027"), calls=2, cores=1)
    assert course.go_on(fault("F027"), calls=3, cores=1)
    assert course.applied().options == course.calculation.options


def test_less_is_shared_and_more_memory_asked_for_after_a_lack_of_it(tmp_path: Path) -> None:
    calculation = asked("gpaw", bulk("Al"), cutoff=150, kpoints=[2, 2, 2])
    course = Course(calculation, tmp_path)
    assert (course.cores(4), course.memory()) == (4, 1.0)
    assert course.go_on(fault("F003"), calls=0, cores=4)
    assert (course.cores(4), course.memory()) == (4, 2.0)
    assert course.applied().settings["solver"]["groups"] == 1
    assert course.go_on(fault("F003"), calls=0, cores=4)
    assert course.cores(4) == 1
    alone = Course(calculation, tmp_path / "alone")
    alone.folder.mkdir()
    assert alone.go_on(fault("F003"), calls=0, cores=1)
    assert alone.tried[0].remedy == "more memory"


def test_a_failure_that_is_forgiven_may_be_treated_again(tmp_path: Path) -> None:
    vault, calculation = Vault(tmp_path), asked("emt", bulk("Cu"))
    folder = vault.folder(calculation.key)
    folder.mkdir(parents=True)
    Course(calculation, folder).go_on(fault("F027"), calls=0, cores=1)
    vault.forgive(calculation.key)
    assert Course(calculation, folder).tried, "nothing had failed for good"
    vault.fail(calculation.key, "F000: x")
    vault.forgive(calculation.key)
    assert not Course(calculation, folder).tried
    assert count_calls(folder / "calls.xyz") == 0


def test_sentences_have_no_gaps() -> None:
    for number, row in table().items():
        names = set(re.findall(r"{(\w+)", row.says))
        assert names <= {"said"} or not (row.signs or row.codes), f"{number}: signs fill in nothing but what was said"
    assert other("x").fault.number == OTHER
