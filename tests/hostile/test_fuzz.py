"""hypothesis invents campaigns and structures; whatever it hands in is taken, or refused in one sentence."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from potash.calcs.site import Cores, Site
from potash.calcs.vault import Vault
from potash.errors import CalculationFailed
from potash.workflows import planning
from tests.hostile.make import ABOVE, NUMBERS, STUDIES, VALUES
from tests.hostile.readers import GOOD, is_a_sentence, refusal
from tests.hostile.test_corpus import asked

#: What YAML, CIF and the others are written with.
SYNTAX = st.sampled_from(
    [*"{}[]&*!|>'\"%@`,:?-#_;=\n \t0123456789.eE+", "<<: ", "!!", "loop_\n", "data_", "Lattice=", "Cu ", "nan", "é"]
)
SCALARS = st.one_of(
    st.sampled_from([*VALUES.values(), *NUMBERS.values()]),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=20),
    st.lists(SYNTAX, max_size=12).map("".join),
)
LITTLE = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@st.composite
def campaigns(draw: st.DrawFn) -> bytes:
    """Draw a campaign in which a few values were replaced by others."""
    keys = {**ABOVE, **STUDIES[draw(st.sampled_from(sorted(STUDIES)))]}
    changed = draw(st.dictionaries(st.sampled_from(sorted(keys)), SCALARS, min_size=1, max_size=3))
    told = {key: changed.get(key, usual) for key, usual in keys.items()}
    above = "".join(f"{key}: {told[key]}\n" for key in ABOVE)
    return (
        above + "studies:\n  - {" + ", ".join(f"{key}: {told[key]}" for key in keys if key not in ABOVE) + "}\n"
    ).encode()


@st.composite
def mutated(draw: st.DrawFn, good: str) -> bytes:
    """Draw a file with a few of its words or bytes replaced, or its end cut off."""
    words = good.split(" ")
    for _ in range(draw(st.integers(0, 3))):
        words[draw(st.integers(0, len(words) - 1))] = draw(SCALARS)
    content = " ".join(words).encode("utf-8", "surrogatepass")
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        content = content[:place] + draw(st.binary(max_size=3)) + content[place + draw(st.integers(0, 2)) :]
    return content[: draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]


#: Any JSON, with the keys that the files of a vault and a project have.
KEYS = st.sampled_from(
    ["calls", "core_seconds", "reason", "told", "holder", "entries", "study", "label", "engine", "formula", "atoms", "settings", "@module"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


def strange(reader: str, name: str, content: bytes) -> str | None:
    """Give a refusal that is no sentence for a user; None where the file is taken, or refused in one."""
    said = refusal(reader, name, content)
    return None if said is None or is_a_sentence(said) else said


@LITTLE
@given(campaigns())
def test_campaigns(content: bytes) -> None:
    assert strange("campaign", "t.yaml", content) is None


@LITTLE
@given(st.lists(SYNTAX, max_size=40).map(lambda parts: "".join(parts).encode()))
def test_any_yaml(content: bytes) -> None:
    assert strange("campaign", "t.yaml", content) is None


@pytest.mark.parametrize("suffix", GOOD)
@LITTLE
@given(data=st.data())
def test_structures(suffix: str, data: st.DataObject) -> None:
    assert strange("structure", f"a{suffix}", data.draw(mutated(GOOD[suffix]))) is None


@LITTLE
@given(JSON, st.sampled_from(["result", "failure", "calculation"]))
def test_vaults(content: object, place: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder))
        inner = vault.folder(asked().key)
        inner.mkdir(parents=True)
        (inner / f"{place}.json").write_text(json.dumps(content))
        assert vault.holder(asked().key) is None
        if vault.result(asked().key) is None and vault.failure(asked().key) is None:
            assert vault.claim(asked(), vault.lease(asked().key))
        else:
            with suppress(CalculationFailed):
                Site(vault, Cores(1)).perform(asked(), "t: x")


@LITTLE
@given(JSON)
def test_plans(content: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / planning.FILE).write_text(json.dumps(content))
        said = planning.changes([], Path(folder))
    assert all(line.startswith("- ") or "no plan that can be read" in line for line in said), said
