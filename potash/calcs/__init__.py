"""Atoms to energies, forces and levels, through an engine and the vault. Knows no workflow."""
