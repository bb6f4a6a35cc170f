"""The crystal that an element's chemical potential refers to."""

from __future__ import annotations

from pathlib import Path

import yaml

from potash.errors import BadInput

DATA = Path(__file__).parent / "data" / "elements.yaml"


def element_phase(symbol: str) -> str:
    """Name the phase that an element takes by itself.

    Raises
    ------
    BadInput
        If no crystal of it is known.
    """
    known: dict[str, str] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    if symbol not in known:
        raise BadInput(
            f"no crystal of {symbol} is known that its chemical potential could refer to (known: {', '.join(known)}); "
            f"give one under 'references', as {{{symbol}: {{file: my.cif}}}}"
        )
    return known[symbol]
