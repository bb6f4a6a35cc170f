"""The tree of a YAML file, looked at before anything is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from potash import limits
from potash.errors import BadInput, shown

#: How many lists and mappings may lie within each other.
DEEPEST = 30
#: Longer numbers are refused, in letters: making a number of them takes time in the square of their length.
DIGITS = 60

_YAML = "tag:yaml.org,2002:"
_PLAIN = {f"{_YAML}{name}" for name in ("null", "bool", "str", "seq", "map", "merge")}
_MADE = {f"{_YAML}{name}": words for name, words in {"int": "number", "float": "number", "timestamp": "date"}.items()}

_MAKER = yaml.constructor.SafeConstructor()


def check(root: yaml.Node, path: Path, what: str) -> None:
    """Refuse what is not plain data, says a thing twice, or grows out of bounds when its aliases are written out.

    Raises
    ------
    BadInput
        With the line.
    """
    size = _Walk(path, what).size(root)
    limits.keep("values", size, f"{path}, its aliases written out,")


class _Walk:
    """One way through a tree; each node is looked at once, however many aliases lead to it."""

    def __init__(self, path: Path, what: str) -> None:
        self.path, self.what = path, what
        self.sizes: dict[int, int] = {}
        self.around: set[int] = set()

    def size(self, node: yaml.Node) -> int:
        """Check a node and what is below; give how many values it holds, aliases written out."""
        if id(node) in self.around:
            raise self._bad(node, "an alias stands within what it stands for")
        if (known := self.sizes.get(id(node))) is not None:
            return known
        self.around.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            self._scalar(node)
            size = 1
        elif node.tag not in _PLAIN:
            raise self._tag(node)
        elif isinstance(node, yaml.MappingNode):
            self._keys(node)
            size = 1 + sum(self.size(part) for pair in node.value for part in pair)
        else:
            size = 1 + sum(self.size(item) for item in node.value)
        self.around.discard(id(node))
        self.sizes[id(node)] = size
        return size

    def _scalar(self, node: yaml.ScalarNode) -> None:
        if node.tag in _PLAIN:
            if node.tag == f"{_YAML}bool" and node.value.lower() not in yaml.SafeLoader.bool_values:
                raise self._bad(node, f"'{shown(node.value, 30)}' is neither yes nor no")
            return
        if node.tag not in _MADE:
            raise self._tag(node)
        if len(node.value) > DIGITS:
            raise self._bad(node, f"a number of {len(node.value)} digits; at most {DIGITS} are taken")
        try:
            _MAKER.yaml_constructors[node.tag](_MAKER, node)
        except (ValueError, AttributeError, OverflowError, IndexError):
            word = _MADE[node.tag]
            raise self._bad(node, f"'{node.value}' is no {word}; put a text that looks like one in quotes") from None

    def _keys(self, node: yaml.MappingNode) -> None:
        """Refuse a key that stands twice, which YAML would drop without a word, and one that names a class."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._bad(key, "a key must be a word, not a list or a mapping")
            name = shown(key.value, 60)
            if key.value in lines:
                raise self._bad(key, f"the key '{name}' stands twice (first on line {lines[key.value]})")
            if key.value.startswith("@"):
                raise self._bad(key, f"the key '{name}' asks to build an object, which a {self.what} may not")
            lines[key.value] = key.start_mark.line + 1

    def _tag(self, node: yaml.Node) -> BadInput:
        tag = shown(str(node.tag).replace(_YAML, "!!"), 100)
        return self._bad(node, f"the tag {tag} asks to build an object, which a {self.what} may not")

    def _bad(self, node: Any, sentence: str) -> BadInput:
        return BadInput(f"{self.path}:{node.start_mark.line + 1}: {sentence}")
