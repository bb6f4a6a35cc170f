"""Names to atoms: crystals, molecules, supercells, hops, adsorption sites. Knows no engine."""
