"""A report of results in which every word is hostile has the tags of one in which none is."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from potash.analysis.report import write
from tests.analysis.test_report import Page, every_kind

EVIL = {
    "script": "</script><script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "end": "--></svg></style></title><img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }}{% raw %}${7*7}$\\frac{",
    "codes": "\x1b[31m\x00\u202e\u2028]]>",
}
#: Tags that the page's own template writes.
OWN = ("script", "style", "title", "link", "meta", "svg", "section", "input", "button")
#: Words that the program itself writes and looks up by.
KEPT = {"status", "relation", "verdict", "kind", "symbols", "id", "unit", "quantity", "answers"}


def strings(thing: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the places of all words that are not the program's own."""
    for key, value in thing.items() if isinstance(thing, dict) else enumerate(thing):
        if isinstance(value, dict | list):
            if key not in KEPT:
                yield from strings(value, (*where, key))
        elif isinstance(value, str) and key not in KEPT:
            yield (*where, key)


def spoiled(results: list[dict[str, Any]], evil: str) -> list[dict[str, Any]]:
    made = copy.deepcopy(results)
    for *steps, last in list(strings(made)):
        inner: Any = made
        for step in steps:
            inner = inner[step]
        inner[last] = evil
    for result in made:
        result["id"] = evil
    return made


def shape(page: Path) -> Counter[tuple[str, ...]]:
    """Count the tags, each with the names of its attributes."""
    return Counter((tag, *sorted(attributes)) for tag, attributes in Page(page.read_text("utf-8")).tags)


@pytest.mark.parametrize("what", EVIL)
def test_hostile_words_add_no_tag_and_no_attribute(what: str, tmp_path: Path) -> None:
    results = json.loads(json.dumps(every_kind(), default=str))
    assert len(list(strings(results))) > 50
    plain = write("plain", spoiled(results, "plain"), tmp_path / "plain")
    hostile = write(EVIL[what], spoiled(results, EVIL[what]), tmp_path / "hostile")
    found, usual = shape(hostile), shape(plain)
    assert set(found) <= set(usual)  # long words leave less room for a figure's ticks: their number may differ
    assert {tag: n for tag, n in found.items() if tag[0] in OWN} == {
        tag: n for tag, n in usual.items() if tag[0] in OWN
    }
    assert json.loads((tmp_path / "hostile" / "results.json").read_text("utf-8"))["campaign"] == EVIL[what]
