"""Atomistic workflows that screen the interfaces inside alkali-ion batteries."""

__version__ = "0.1.0"
