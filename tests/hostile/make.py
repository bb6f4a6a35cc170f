"""Make the systematic part of the corpus: ``python -m tests.hostile.make``. What a reader takes is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.hostile import readers

CORPUS = Path(__file__).parent / "corpus"

#: Values that no key of a campaign should stumble over, as YAML.
VALUES = {
    "nan": ".nan", "endless": "-.inf", "overflow": "1.0e+400", "denormal": "5.0e-324", "many-digits": "9" * 70,
    "sixty": "1:" * 40 + "1", "hex": "0x" + "f" * 50, "below-nothing": "-1", "date": "2001-99-99", "day": "2001-01-01", "null": "",
    "path": "../../../../etc/passwd", "absolute": "/etc/passwd", "file": "{file: ../../../etc/passwd}", "device": "{file: /dev/zero}",
    "escape": '"\\e[31m\\e]0;x\\a"', "nul": '"a\\0b"', "newline": '"a\\nb"', "override": '"a\\u202Eb"', "long": "x" * 2000,
    "markup": "'[red]</script><script>alert(1)</script>'", "shell": "'$(touch x); `id` | rm -rf ~'", "dash": "'--help'",
    "dots": "'..'", "class": "{'@module': os, '@class': system}", "callable": "[{'@module': os, '@callable': system}]",
    "object": "!!python/object/apply:os.system [id]", "binary": "!!binary aGVsbG8=", "set": "!!set {a, b}",
    "deep": "[" * 40 + "]" * 40, "itself": "&a [*a]", "mapping": "{a: {b: {c: d}}}", "merged": "{<<: 3}", "yes": "yes",
}  # fmt: skip

#: A study in which each key may be replaced.
STUDIES = {
    "bulk": {"kind": "bulk", "phase": "Cu", "id": "a", "points": 7, "strain": 0.02, "published": "[A237]"},
    "barrier": {"kind": "barrier", "host": "Cu", "ion": "Cu", "supercell": "[2, 2, 2]", "cutoff": 3, "images": 5, "hop": 1},
    "surface": {"kind": "adsorption", "phase": "Cu", "ion": "Al", "facets": "[[1, 1, 1]]", "sites": "[top]"},
    "amorphous": {"kind": "amorphous", "formula": "Cu", "atoms": 32, "density": 8, "melt": 2000},
}  # fmt: skip
ABOVE = {"campaign": "t", "engine": "emt", "protocol": "fast", "settings": "{}"}

NUMBERS = {
    "nan": "nan",
    "endless": "inf",
    "overflow": "1e400",
    "wide": "1e12",
    "word": "x",
    "none": "",
    "digits": "9" * 400,
}


def campaigns() -> Iterator[tuple[str, bytes]]:
    """Put every value in the place of every key of one study, and every fourth one, in turn, in those of the others."""
    for kind, keys in STUDIES.items():
        for turn, key in enumerate({**(ABOVE if kind == "bulk" else {}), **keys}):
            chosen = list(VALUES.items()) if kind == "bulk" else list(VALUES.items())[turn % 4 :: 4]
            for name, value in chosen:
                above = {word: value if word == key else usual for word, usual in ABOVE.items()}
                own = {word: value if word == key else usual for word, usual in keys.items()}
                lines = [f"{word}: {told}" for word, told in above.items()]
                lines += [
                    "studies:",
                    *(f"  {'  ' if i else '- '}{word}: {told}" for i, (word, told) in enumerate(own.items())),
                ]
                yield f"{kind}-{key}-{name}.yaml", ("\n".join(lines) + "\n").encode()


def structures() -> Iterator[tuple[str, bytes]]:
    """Replace numbers and words of good structure files, and cut the files."""
    for suffix, good in readers.GOOD.items():
        for number in dict.fromkeys(("3.61", "0.5", "Cu", "4")):
            for name, value in NUMBERS.items():
                yield f"{number.replace('.', '')}-{name}{suffix}", good.replace(number, value, 1).encode()
        for part in (5, 20, 35, 50, 65, 80):
            yield f"cut-{part}{suffix}", good[: len(good) * part // 100].encode()
        yield f"bytes{suffix}", bytes(range(256))
        yield f"nul{suffix}", good.replace("Cu", "C\0", 1).encode()
        yield f"utf16{suffix}", good.encode("utf-16")
        yield f"gzip{suffix}", b"\x1f\x8b\x08\x00" + bytes(40)
        yield f"pickle{suffix}", b"\x80\x04\x95cos\nsystem\n(S'id'\ntR."


def documents() -> Iterator[tuple[str, bytes]]:
    """Rubbish for every JSON file of a vault and a project."""
    wrong: dict[str, Any] = {
        "list": [], "text": "x", "number": 3, "null": None, "empty": {}, "other": {"a": {"b": [1]}},
        "class": {"calls": 1, "core_seconds": 1.0, "cell": {"@module": "os", "@class": "system"}},
        "types": {"calls": "x", "core_seconds": [], "holder": 3, "reason": {}, "entries": 3, "told": "no"},
        "rows": {"entries": [3]}, "keys": {"entries": [{"study": "a"}]},
        "settings": {"entries": [{"study": "a", "label": "b", "engine": 1, "formula": 2, "atoms": 3, "settings": 4}]},
        "lists": {"entries": [{"study": [], "label": {}}]},
    }  # fmt: skip
    texts = {name: json.dumps(content).encode() for name, content in wrong.items()}
    texts |= {"cut": b'{"calls": 1, "core_se', "nothing": b"", "bytes": bytes(range(256)), "deep": b"[" * 5000}
    texts |= {"digits": b'{"calls": ' + b"9" * 5000 + b"}", "pickle": b"\x80\x04\x95cos\nsystem\n(S'id'\ntR."}
    for place in ("result", "failure", "calculation", "plan"):
        for name, content in texts.items():
            yield f"{name}.{place}.json", content


def calls() -> Iterator[tuple[str, bytes]]:
    """Rubbish for a record of force calls."""
    good = readers.GOOD[".xyz"]
    for name, value in NUMBERS.items():
        yield f"energy-{name}.calls.xyz", good.replace("energy=1.0", f"energy={value}").encode()
    for name, text in {
        "count": "99999999999\n", "superscript": "²\nx\n", "digits": "9" * 5000 + "\n", "word": "x\n", "negative": "-1\n",
        "columns": good.replace("forces:R:3", "forces:R:99999"), "class": good.replace("pos:R:3", "pos:O:3"),
    }.items():  # fmt: skip
        yield f"{name}.calls.xyz", text.encode()
    yield "bytes.calls.xyz", bytes(range(256))


def main() -> None:
    """Write what the readers refuse, or what stands in a project, over the files of the same names."""
    made = {
        "campaign": [each for each in campaigns() if readers.refusal("campaign", *each)],
        "structure": [each for each in structures() if readers.refusal("structure", *each)],
        "vault": [*documents(), *calls()],
    }
    for folder, files in made.items():
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
        for name, content in files:
            (CORPUS / folder / name).write_bytes(content)
        print(f"{folder}: {len(files)}")


if __name__ == "__main__":
    main()
