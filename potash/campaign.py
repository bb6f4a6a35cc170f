"""What a campaign file may say; every error names its file, line and key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from potash.errors import BadInput, near

Protocol = Literal["fast", "standard", "strict"]
Positive = Annotated[float, Field(gt=0)]
Divisions = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Model):
    """A structure of the user's: CIF, POSCAR, extended XYZ or pymatgen JSON."""

    file: str


PhaseName = str | File


class _Study(_Model):
    """What every study may say."""

    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+$")
    engine: str | None = None
    protocol: Protocol | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    published: tuple[str, ...] = ()

    #: Keys that may hold a list, which makes one study an entry.
    fans_out: tuple[str, ...] = Field(default=(), exclude=True)


class BulkStudy(_Study):
    """Relaxed cell and equation of state of a crystal."""

    kind: Literal["bulk"]
    phase: PhaseName | tuple[PhaseName, ...]


class PolymorphsStudy(_Study):
    """Energy differences of phases with one composition."""

    kind: Literal["polymorphs"]
    phases: Annotated[tuple[PhaseName, ...], Field(min_length=2)]


class BarrierStudy(_Study):
    """Migration barrier of an ion in a crystal."""

    kind: Literal["barrier"]
    host: PhaseName | tuple[PhaseName, ...]
    ion: str
    mechanism: Literal["vacancy"] = "vacancy"
    supercell: Literal["conventional"] | Divisions | Positive = "conventional"
    hop: Annotated[int, Field(ge=1)] = 1
    cutoff: Positive = 6.0
    images: Annotated[int, Field(ge=1, le=15)] = 3
    band: Literal["plain"] = "plain"
    charge: float = 0.0
    kpoints: Divisions | None = None


class AdsorptionStudy(_Study):
    """Adsorption of an atom on a layer or a facet."""

    kind: Literal["adsorption"]
    phase: PhaseName | tuple[PhaseName, ...]
    ion: str
    facets: tuple[tuple[int, int, int], ...] = ()
    layers: Annotated[int, Field(ge=2, le=20)] = 4
    supercell: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (3, 3)
    sites: tuple[Literal["top", "bridge", "hollow"], ...] = ("hollow", "bridge", "top")
    kpoints: Divisions | None = None
    substrate: Literal["relaxed", "frozen"] = "relaxed"
    charges: bool = True

    @model_validator(mode="after")
    def _facets(self) -> AdsorptionStudy:
        if (0, 0, 0) in self.facets:
            raise ValueError("a facet (0, 0, 0) is no plane; at least one Miller index must differ from 0")
        return self


class OrbitalsStudy(_Study):
    """HOMO and LUMO of molecules, the vacuum level as zero."""

    kind: Literal["orbitals"]
    molecules: Annotated[tuple[str, ...], Field(min_length=1)]
    geometry: Literal["relaxed", "given"] = "relaxed"
    difference: tuple[str, str] | None = None


class CapacityStudy(_Study):
    """Theoretical capacity and volume change of a host on full uptake of an ion."""

    kind: Literal["capacity"]
    host: PhaseName
    product: PhaseName
    ion: str


Study = BulkStudy | PolymorphsStudy | BarrierStudy | AdsorptionStudy | OrbitalsStudy | CapacityStudy
KINDS: dict[str, type[Study]] = {
    "bulk": BulkStudy,
    "polymorphs": PolymorphsStudy,
    "barrier": BarrierStudy,
    "adsorption": AdsorptionStudy,
    "orbitals": OrbitalsStudy,
    "capacity": CapacityStudy,
}


class Campaign(_Model):
    """A whole campaign file.

    Attributes
    ----------
    path
        The file itself; structure files are found relative to its folder.
    lines
        The line of each study in it.
    """

    campaign: str = Field(min_length=1)
    engine: str = "gpaw"
    protocol: Protocol = "fast"
    settings: dict[str, Any] = Field(default_factory=dict)
    studies: Annotated[tuple[Annotated[Study, Field(discriminator="kind")], ...], Field(min_length=1)]
    path: Path = Field(exclude=True)
    lines: tuple[int, ...] = Field(exclude=True)

    @property
    def folder(self) -> Path:
        """Where paths in the file start from."""
        return self.path.parent


def load(path: Path) -> Campaign:
    """Read a campaign file.

    Raises
    ------
    BadInput
        In one sentence with file, line and key.
    """
    if not path.exists():
        raise BadInput(f"no campaign file at {path}")
    if path.is_dir():
        raise BadInput(f"{path} is a folder; give the campaign file in it")
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            raise BadInput(f"{path} is empty; a campaign file has at least the keys campaign and studies")
        _refuse_twins(node, path)
        content = yaml.safe_load(text)
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text in UTF-8; a campaign file is YAML") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        if isinstance(error, yaml.constructor.ConstructorError):
            raise BadInput(f"{path}:{line}: YAML tags that build objects are refused ({error.problem})") from None
        raise BadInput(f"{path}:{line}: not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise BadInput(f"{path}:1: a campaign file is a mapping with the keys campaign and studies, not {_words(content)}")
    studies = content.get("studies")
    paths = [["studies", index] for index in range(len(studies))] if isinstance(studies, list) else []
    try:
        return Campaign.model_validate({**content, "path": path, "lines": [_line(node, where) for where in paths]})
    except ValidationError as error:
        raise BadInput(_sentence(error, node, path)) from None


def _words(content: Any) -> str:
    return {list: "a list", str: "a text", int: "a number", float: "a number"}.get(type(content), type(content).__name__)


def _refuse_twins(node: yaml.Node, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and seen.setdefault(key.value, line) != line:
                raise BadInput(f"{path}:{line}: the key '{key.value}' stands twice (first on line {seen[key.value]})")
            _refuse_twins(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twins(item, path)


def _line(node: yaml.Node, where: Sequence[str | int]) -> int:
    """Find the line where a key stands; that of the nearest thing around it where it is missing."""
    line = node.start_mark.line + 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                continue
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _sentence(error: ValidationError, node: yaml.Node, path: Path) -> str:
    """Say the first thing that is wrong, in the words of a campaign file."""
    first = error.errors(include_url=False)[0]
    # Drop pydantic's own steps: the names of union members.
    where = [step for step in first["loc"] if isinstance(step, int) or step not in (*KINDS, "File", "str")]
    inside = [step for step in where if not str(step).startswith(("tuple", "literal", "constrained", "function"))]
    name = ".".join(str(step + 1) if isinstance(step, int) else step for step in inside)
    start = f"{path}:{_line(node, inside)}: "
    kind = str(first["type"])
    study = next((step for step in first["loc"] if step in KINDS), None)
    key = str(inside[-1]) if inside else ""
    if kind == "extra_forbidden":
        known = set(KINDS[str(study)].model_fields) if study else set(Campaign.model_fields) - {"path", "lines"}
        return f"{start}unknown key '{key}'{near(key, known - {'fans_out'})}"
    if kind == "missing":
        of = f"a study of kind {study}" if study else "a campaign file"
        return f"{start}{of} needs the key '{key}'"
    if kind == "union_tag_invalid":
        given = str(first["ctx"]["tag"])
        return f"{start}unknown kind '{given}'{near(given, KINDS)}"
    if kind == "union_tag_not_found":
        return f"{start}a study needs the key 'kind' (known: {', '.join(KINDS)})"
    message = str(first["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return f"{start}{message}"
    return f"{start}{name}: {message[0].lower()}{message[1:]}, not {first['input']!r}"
