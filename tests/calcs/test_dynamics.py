"""Dynamics of liquids: exact after any stop, no frame lost or twice, and an end where the density never comes to rest."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MDAnalysis.lib.formats.libdcd import DCDFile

from potash.calcs import dynamics as under_test
from potash.calcs.calls import Stopped, count_calls
from potash.calcs.currents import COUNT
from potash.calcs.dynamics import CURRENTS, FILE, TRAJECTORY, dynamics
from potash.calcs.frames import Frames
from potash.calcs.stage import Stage
from potash.errors import BadInput, CalculationFailed
from potash.stationary import rest
from potash.structures.boxes import Mixture, Recipe, mixture, packed
from potash.structures.encoding import decode, encode
from potash.structures.forcefields import parametrise, rules

SETTINGS = {"cutoff": 6.0, "ewald": 1e-3, "timestep": 2.0, "friction": 1.0}
OPTIONS = {
    "temperature": 300.0, "pressure": 1.0, "longest": 1.0, "rest": 0.0001, "production": 0.0005, "interval": 0.02,
    "seed": 3, "volume": "fixed", "viscosity": True,
}  # fmt: skip


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "BLOCK", 50)
    monkeypatch.setattr(under_test, "SAMPLE", 10)


@pytest.fixture(scope="module")
def water() -> tuple[Any, dict[str, Any]]:
    mixed = mixture(Recipe(None, {"water": 1}, atoms=192))
    return packed(mixed, 1), told(mixed)


@pytest.fixture(scope="module")
def argon() -> tuple[Any, dict[str, Any]]:
    mixed = mixture(Recipe(None, {"Ar": 1}, atoms=125, density=1.374))
    return packed(mixed, 1), told(mixed)


def told(mixed: Mixture) -> dict[str, Any]:
    parameters = [parametrise(one, "opls") for one in mixed.components]
    return {"topology": mixed.topology.plain(), "parameters": parameters, "rules": asdict(rules("opls"))}


def run(folder: Path, liquid: tuple[Any, dict[str, Any]], stops: int = 10**9, **changed: Any) -> dict[str, Any]:
    """Run, or go on, until a stop is asked for."""
    folder.mkdir(exist_ok=True)
    left = iter(range(stops))

    def stop() -> None:
        if next(left, None) is None:
            raise Stopped

    settings = {**SETTINGS, **changed.pop("settings", {})}
    return dynamics(liquid[0].copy(), settings, {**OPTIONS, **liquid[1], **changed}, folder, stop)


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert np.array_equal(decode(one["atoms"]).positions, decode(other["atoms"]).positions)
    assert one["series"] == other["series"]
    assert one["frames"] == other["frames"]


def test_a_run_that_was_stopped_ends_where_it_would_have_ended_to_the_last_bit(tmp_path: Path, water: Any) -> None:
    whole = run(tmp_path / "whole", water)
    for stops in (1, 2, 2):
        with pytest.raises(Stopped):
            run(tmp_path / "cut", water, stops)
    same(run(tmp_path / "cut", water), whole)
    assert count_calls(tmp_path / "cut" / "calls.xyz") == whole["calls"]
    for file in (TRAJECTORY, CURRENTS):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "cut" / file).read_bytes()
    assert (tmp_path / "whole" / CURRENTS).stat().st_size == 25 * COUNT * 8  # 10 steps of 2 fs are one interval here
    with DCDFile(str(tmp_path / "whole" / TRAJECTORY)) as file:
        assert file.header["natoms"] == 192
        assert len(file) == whole["frames"] == 25
        frames = file.readframes()
    assert frames.xyz[-1] == pytest.approx(decode(whole["atoms"]).positions, abs=1e-4)
    assert frames.unitcell[0][[0, 2, 5]] == pytest.approx(whole["edges"])


def test_looking_at_the_currents_leaves_the_motion_alone(tmp_path: Path, water: Any) -> None:
    changed = {"rest": 0.0001, "production": 0.0002, "interval": 0.04}
    seen = run(tmp_path / "seen", water, **changed)
    unseen = run(tmp_path / "unseen", water, viscosity=False, **changed)
    same(seen, unseen)
    assert (seen["currents"], unseen["currents"]) == (CURRENTS, None)
    assert seen["look"] == pytest.approx(0.02)


def test_a_run_says_how_far_it_is(tmp_path: Path, argon: Any) -> None:
    changed = {"temperature": 94.4, "settings": {"timestep": 5.0}, "rest": 0.0005, "production": 0.001}
    told = []
    for stops in (1, 1, 1, 9):
        with contextlib.suppress(Stopped):
            run(tmp_path, argon, stops, **changed)
        told.append(Stage.read(tmp_path))
    stages = [stage for stage in told if stage is not None]
    assert [stage.phase for stage in stages] == ["rest", "production", "production", "done"]
    assert [stage.steps for stage in stages] == [50, 100, 148, 340]
    assert [stage.span for stage in stages] == pytest.approx([0.00025, 0.0005, 0.00074, 0.0017])
    for stage, ahead in zip(stages, (0.00125, 0.001, 0.00076, 0.0), strict=True):
        assert stage.left == pytest.approx(ahead / stage.pace * 86400)
        assert stage.seconds <= stage.left


def test_at_constant_pressure_too(tmp_path: Path, argon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "KNOWN", {"density": 0.5, "energy": 0.5})
    changed = {"volume": "free", "temperature": 94.4, "settings": {"timestep": 5.0}}
    whole = run(tmp_path / "whole", argon, **changed)
    with pytest.raises(Stopped):
        run(tmp_path / "cut", argon, 2, **changed)
    same(run(tmp_path / "cut", argon, **changed), whole)
    assert whole["edges"] != pytest.approx([float(argon[0].cell[0, 0])] * 3, rel=1e-6)
    series = whole["series"]["density"]["density"]
    resized = whole["series"]["production"]["density"]
    found = rest(series)
    assert found is not None
    assert resized == pytest.approx([found.mean] * len(resized), rel=1e-9)


SCRIPT = """
import json, sys
from pathlib import Path
from potash.calcs import dynamics as under_test
from potash.structures.encoding import decode
under_test.BLOCK, under_test.SAMPLE = 50, 10
asked = json.loads(Path(sys.argv[1]).read_text())
under_test.dynamics(decode(asked["box"]), asked["settings"], asked["options"], Path(sys.argv[2]), lambda: None)
"""


def test_a_run_that_was_killed_loses_no_frame_and_writes_none_twice(tmp_path: Path, argon: Any) -> None:
    options = {**OPTIONS, **argon[1], "temperature": 94.4, "production": 0.003}
    folder = tmp_path / "killed"
    folder.mkdir()
    (tmp_path / "asked.json").write_text(
        json.dumps({"box": encode(argon[0]), "settings": SETTINGS, "options": options})
    )
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "asked.json"), str(folder)]
    process = subprocess.Popen(command, env={**os.environ, "POTASH_CORES": "1"})
    until = time.monotonic() + 120
    while (
        not (folder / TRAJECTORY).exists()
        or (folder / TRAJECTORY).stat().st_size < 5 * Frames(folder, 125, interval=1, timestep=1).size
    ):
        assert time.monotonic() < until
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert json.loads((folder / FILE).read_text())["phase"] == "production"
    with (folder / TRAJECTORY).open("ab") as file:
        file.write(b"half a frame")
    killed = dynamics(argon[0], SETTINGS, options, folder, lambda: None)
    (tmp_path / "whole").mkdir()
    whole = dynamics(argon[0], SETTINGS, options, tmp_path / "whole", lambda: None)
    same(killed, whole)
    assert (folder / TRAJECTORY).read_bytes() == (tmp_path / "whole" / TRAJECTORY).read_bytes()


def test_a_trajectory_that_was_cut_is_refused(tmp_path: Path) -> None:
    frames = Frames(tmp_path / "a.dcd", 4, interval=10, timestep=0.002)
    frames.keep(0)
    frames.append([np.ones((4, 3))] * 3, [5.0, 5.0, 5.0], 0)
    frames.keep(2)
    with DCDFile(str(tmp_path / "a.dcd")) as file:
        assert len(file) == 2
    with pytest.raises(BadInput, match="was cut: 3 frames are on record"):
        frames.keep(3)


def test_a_density_that_never_rests_ends_with_a_reason(tmp_path: Path, argon: Any) -> None:
    with pytest.raises(CalculationFailed, match=r"did not come to rest within 0.0002 ns .*give a longer 'longest'"):
        run(tmp_path, argon, volume="free", longest=0.0002, temperature=94.4)


def test_a_step_too_long_is_said(tmp_path: Path, water: Any) -> None:
    with pytest.raises(CalculationFailed, match="blew up in block 0"):
        run(tmp_path, water, settings={"timestep": 60.0})


def test_momentum_and_temperature(tmp_path: Path, argon: Any) -> None:
    made = run(tmp_path, argon, temperature=94.4, rest=0.002, production=0.004, settings={"timestep": 5.0})
    record = json.loads((tmp_path / FILE).read_text())
    assert np.abs(np.mean(record["velocities"], axis=0)).max() < 1e-6
    assert np.mean(made["series"]["production"]["temperature"]) == pytest.approx(94.4, rel=0.15)


def test_noise_rests_and_a_slope_does_not() -> None:
    numbers = np.random.default_rng(0)
    calls = [rest((1 + 0.01 * numbers.standard_normal(400)).tolist()) for _ in range(400)]
    alarms = sum(abs(each.significance) > each.limit for each in calls if each is not None)
    assert 5 <= alarms <= 40  # one of twenty
    found = rest((1 + 0.01 * numbers.standard_normal(400)).tolist())
    assert found is not None
    assert found.passes(0.003)
    rising = rest((1 + 0.01 * numbers.standard_normal(400) + np.linspace(0, 0.1, 400)).tolist())
    assert rising is not None
    assert not rising.passes(0.003)
    assert rising.drift == pytest.approx(0.05 * 0.9, rel=0.2)
    assert rest([1.0] * 18) is None
