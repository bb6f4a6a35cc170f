"""YAML files of users: read without building objects, within bounds, every key with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from potash import limits
from potash.errors import BadInput, shown
from potash.tree import DEEPEST, check

#: What is shown of a wrong value, in letters.
SHOWN = 60
#: In C where libyaml is there: twenty times as fast.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: A text up to so long is read once more in pure Python where it is no YAML, for better words, in letters.
AGAIN = 200_000


@dataclass(frozen=True)
class Page:
    """A YAML file.

    Attributes
    ----------
    path
        The file.
    text
        As it was written.
    node
        Its tree of nodes, which know their lines.
    content
        As plain data: a mapping.
    """

    path: Path
    text: str
    node: yaml.MappingNode
    content: dict[Any, Any]

    def line(self, where: Sequence[str | int]) -> int:
        """Find the line where a key stands; that of the nearest thing around it where it is missing."""
        return self._find(where)[0]

    def written(self, where: Sequence[str | int]) -> str:
        """Give a value in the letters in which it was written, shortened where it is long."""
        node = self._find(where)[1]
        start, end = node.start_mark.index, node.end_mark.index
        return shown(self.text[start : min(end, start + 10 * SHOWN)], SHOWN) or "nothing"

    def lines(self) -> dict[str, int]:
        """Give the line of every key, by its path: ``studies.0.phase``, say."""
        return dict(_lines(self.node, ""))

    def _find(self, where: Sequence[str | int]) -> tuple[int, yaml.Node]:
        node: yaml.Node = self.node
        line = node.start_mark.line + 1
        for step in where:
            if isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == step]
                if not found:
                    break
                line, node = found[0][0].start_mark.line + 1, found[0][1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
            else:
                break
        return line, node


def read(path: Path, what: str, keys: str) -> Page:
    """Read a YAML file that holds a mapping.

    Parameters
    ----------
    path
        The file.
    what
        What it is, for the sentences: ``campaign file``.
    keys
        The keys that it must at least have, in words.

    Raises
    ------
    BadInput
        In one sentence, with file and line.
    """
    text = bounded_text(path, what)
    try:
        node, content = _loaded(text, path, what)
    except yaml.YAMLError as error:
        raise BadInput(_not_yaml(_better(text, error), path, what)) from None
    if node is None or content is None:
        raise BadInput(f"{path} is empty; a {what} has at least the keys {keys}")
    if not isinstance(node, yaml.MappingNode) or not isinstance(content, dict):
        words = {list: "a list", str: "a text", int: "a number", float: "a number"}.get(type(content), "one value")
        raise BadInput(f"{path}:{node.start_mark.line + 1}: a {what} is a mapping with the keys {keys}, not {words}")
    return Page(path, text, node, content)


def bounded_text(path: Path, what: str) -> str:
    """Read a text in UTF-8 that is not larger than a campaign file may be; no more of a larger one is read."""
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder; give the {what} in it")
        if not path.exists():
            raise BadInput(f"no {what} at {path}")
        most = limits.limit("campaign") * 2**20
        with path.open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            limits.keep("campaign", len(content) // 2**20 + 1, f"{path}")
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text in UTF-8; a {what} is YAML") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        raise BadInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _loaded(text: str, path: Path, what: str) -> tuple[Any, Any]:
    """Give the tree of nodes and the data; the tree only once it is known not to be too deep."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise BadInput(f"{path}:{line}: nested too deeply for a {what}; at most {DEEPEST} levels are taken")
    loader = LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, None
        check(node, path, what)
        return node, loader.construct_document(node)
    finally:
        loader.dispose()


def _better(text: str, error: yaml.YAMLError) -> yaml.YAMLError:
    """Give the same error in the words of the reader in pure Python, where that takes no time."""
    if len(text) > AGAIN:
        return error
    try:
        yaml.load(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as other:
        return other
    return error


def _not_yaml(error: yaml.YAMLError, path: Path, what: str) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        letter = error.character if isinstance(error.character, int) else ord(error.character[:1] or "\0")
        return f"{path} is no text: it holds the character U+{letter:04X}; a {what} is YAML"
    if not isinstance(error, yaml.MarkedYAMLError):
        return f"{path} is not YAML"
    mark = error.problem_mark or error.context_mark
    start = f"{path}:{mark.line + 1 if mark else 1}: "
    problem = error.problem or error.context or "unknown reason"
    if "could not determine a constructor" in problem:
        tag = problem.rsplit("'", 2)[-2].replace("tag:yaml.org,2002:", "!!")
        return f"{start}the tag {tag} asks to build an object, which a {what} may not"
    if "unhashable" in problem:
        return f"{start}a key must be a word, not a list or a mapping"
    if "another document" in problem:
        return f"{start}a second YAML document begins here; a {what} is one"
    if "'\\t'" in problem:
        return f"{start}not YAML: a tab stands where spaces are needed"
    return f"{start}not YAML: {problem}"


def _lines(node: yaml.Node, start: str) -> Iterator[tuple[str, int]]:
    """Walk down to a study's settings: no deeper, since aliases can make a small file a huge tree."""
    if start.count(".") > 3:
        return
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield f"{start}{key.value}", key.start_mark.line + 1
                yield from _lines(value, f"{start}{key.value}.")
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield f"{start}{number}", item.start_mark.line + 1
            yield from _lines(item, f"{start}{number}.")
