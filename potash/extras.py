"""Packages that only some studies need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from potash.errors import BadInput


def needed(module: str, what: str) -> Any:
    """Import a module of the extra ``electrolytes``.

    Parameters
    ----------
    module
        Its name, as ``rdkit.Chem``.
    what
        What needs it, as the subject of a sentence, in the plural.

    Raises
    ------
    BadInput
        If its package is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise BadInput(f"{what} need {module.split('.')[0]}: pip install 'potash[electrolytes]'") from None
