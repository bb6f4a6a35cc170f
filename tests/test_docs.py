"""Every campaign that the documentation shows can be built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import write

from potash.campaign import load
from potash.errors import BadInput
from potash.workflows.build import build
from tests.conftest import Run

ROOT = Path(__file__).parents[1]
#: Studies that a piece of a campaign rests on, by its page.
ABOVE = {
    "coverage": "- {kind: adsorption, id: thin, phase: graphene, ion: K, supercell: [4, 4]}\n"
    "- {kind: adsorption, id: dense, phase: graphene, ion: K, supercell: [2, 2]}\n",
    "passage": "- {kind: network, id: bulk, host: K2Se, ion: K}\n",
}


def _pieces() -> list[tuple[str, str]]:
    """Give the YAML of every page that is a campaign or its studies, by page and number."""
    found = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for number, text in enumerate(re.findall(r"^```yaml\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)):
            if text.startswith("campaign:"):
                found.append((f"{page.stem}-{number}", text))
            elif text.lstrip().startswith("- {kind"):
                whole = ABOVE.get(page.stem, "") + text
                found.append(
                    (f"{page.stem}-{number}", f"campaign: piece\nstudies:\n{whole.replace('  - {kind', '- {kind')}")
                )
    return found


def _crystal(name: str, text: str) -> Atoms:
    """Make a crystal whose axes all differ, or copper for a path through the points of its zone; of those before and after a hop, with a sodium ion that hops."""
    if "path: [" in text:
        return bulk("Cu")
    if name not in ("before", "after"):
        return Atoms("Cu", cell=[2.4, 2.6, 2.8], pbc=True)
    height = {"before": 2.0, "after": 4.0}[name]
    return Atoms("NaCu", [(0.3, 0.2, height), (2.9, 1.2, 0.4)], cell=[5.1, 5.7, 6.3], pbc=True)


def _files(text: str, folder: Path) -> None:
    """Write the files that a campaign names: structures, and trajectories, which are not opened before they are read."""
    for name in re.findall(r"file: ([^}]+)}", text):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".cif", ".xyz"):
            write(path, _crystal(path.stem, text))
        else:
            path.touch()


@pytest.mark.parametrize(("name", "text"), _pieces(), ids=[name for name, _ in _pieces()])
def test_what_a_page_shows_can_be_built(name: str, text: str, tmp_path: Path) -> None:
    _files(text, tmp_path)
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    try:
        flows = build(load(path))
    except BadInput as error:
        if "is not installed" not in str(error):
            raise
        pytest.skip(str(error))
    assert flows


def test_commands_that_pages_show_are_commands(potash: Run) -> None:
    told = potash("--help").stdout
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for command in re.findall(r"(?:^|`)potash ([a-z]+)\b", page.read_text("utf-8"), re.M):
            assert f" {command} " in told, f"{page}: potash {command}"
