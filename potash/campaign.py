"""A campaign file and how it is read; every error names its file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from potash.errors import BadInput, near, shown
from potash.reading import Page, read
from potash.studies import KINDS, Study
from potash.studies.common import BaseStudy, Model, Protocol


def _name_of_a_folder(name: str) -> str:
    """Refuse what would be another folder than one of its own here, or an option of a command."""
    if not name.isprintable() or not name.strip() or name.startswith((".", "-")):
        raise ValueError("no name for a folder")
    return name


class Campaign(Model):
    """A whole campaign file.

    Attributes
    ----------
    path
        The file itself; structure files are found relative to its folder.
    lines
        The line of each study in it.
    places
        The line of every key, by its path: ``studies.0.phase``, say.
    """

    campaign: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100,
            description="a name: a text of at most 100 letters that can be shown, with no dot or dash at its beginning "
            "(in quotes where it is a number)",
        ),
        AfterValidator(_name_of_a_folder),
    ]
    engine: str = Field(default="gpaw", description="the name of an engine")
    protocol: Protocol = Field(default="fast", description="fast, standard or strict")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="a mapping of the engine's settings, as {spacing: 0.2}"
    )
    studies: Annotated[
        tuple[Annotated[Study, Field(discriminator="kind")], ...],
        Field(min_length=1, description="a list of at least one study"),
    ]
    path: Path = Field(exclude=True)
    lines: tuple[int, ...] = Field(exclude=True)
    places: dict[str, int] = Field(default_factory=dict, exclude=True)

    @property
    def folder(self) -> Path:
        """Where paths in the file start from."""
        return self.path.parent

    def line(self, number: int, key: str) -> int:
        """Give the line of a study's key; that of the campaign's own, or of the study, where it has none."""
        return self.places.get(f"studies.{number}.{key}") or self.places.get(key) or self.lines[number]


#: What is not read from the file, but told about it.
OWN = frozenset({"path", "lines", "places"})


def load(path: Path) -> Campaign:
    """Read a campaign file.

    Raises
    ------
    BadInput
        In one sentence with file, line and key.
    """
    page = read(path, "campaign file", "campaign and studies")
    known = set(Campaign.model_fields) - OWN
    for key in page.content:
        if key not in known:
            raise BadInput(
                f"{path}:{page.line([str(key)])}: unknown key '{shown(str(key), 60)}'{near(str(key), known)}"
            )
    studies = page.content.get("studies")
    count = len(studies) if isinstance(studies, list) else 0
    about = {"path": path, "lines": [page.line(["studies", index]) for index in range(count)], "places": page.lines()}
    try:
        return Campaign.model_validate({**page.content, **about})
    except ValidationError as error:
        raise BadInput(_sentence(error, page)) from None


def _sentence(error: ValidationError, page: Page) -> str:
    """Say what is wrong first, in the words of a campaign file."""
    faults = error.errors(include_url=False)
    # A misspelt key is missed as well: say that it is misspelt.
    first = next((fault for fault in faults if fault["type"] in ("extra_forbidden", "invalid_key")), faults[0])
    where, kind = list(first["loc"]), str(first["type"])
    around: list[str | int] = []
    model: type[BaseModel] = Campaign
    needs = "a campaign file"
    if where[0] == "studies" and len(where) > 1:
        around = where[:2]
        study = str(where[2]) if len(where) > 2 else ""
        where = where[3:]
        model = KINDS.get(study, BaseStudy)
        needs = f"a study of kind {study}"
    start = f"{page.path}:{page.line(around)}: "
    if not where:
        return start + _of_study(first, page, around)
    key = str(where[0])
    field = model.model_fields.get(key)
    if kind == "missing" and len(where) == 1:
        return f"{start}{needs} needs the key '{key}'"
    if field is None:
        start = f"{page.path}:{page.line([*around, key])}: "
        return f"{start}unknown key '{shown(key, 60)}'{near(key, model.model_fields)}"
    # Of pydantic's own steps only the positions in lists count; the rest are names of types.
    place = [*around, key, *(step for step in where[1:] if isinstance(step, int))]
    return (
        f"{page.path}:{page.line(place)}: {key} must be {field.description}, not {page.written(place)}{_bound(first)}"
    )


def _bound(fault: Any) -> str:
    """Give the limit that was passed, which the words of a field may leave out."""
    words = {
        "less_than_equal": ("le", "at most"),
        "greater_than_equal": ("ge", "at least"),
        "string_too_long": ("max_length", "at most"),
    }
    if fault["type"] not in words:
        return ""
    name, relation = words[fault["type"]]
    return f" ({relation} {fault['ctx'][name]:g}{' letters' if name == 'max_length' else ''})"


def _of_study(fault: Any, page: Page, around: list[str | int]) -> str:
    """Say what is wrong with a study as a whole, or with its kind."""
    kind = fault["type"]
    if kind == "union_tag_invalid":
        given = page.written([*around, "kind"])
        return f"unknown kind '{given}'{near(given, KINDS)}"
    if kind == "union_tag_not_found":
        return f"a study needs the key 'kind' (known: {', '.join(KINDS)})"
    if kind == "value_error":
        return str(fault["msg"]).removeprefix("Value error, ")
    return f"a study must be a mapping with the key 'kind', not {page.written(around)}"
