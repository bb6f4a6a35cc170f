"""Results to numbers, checks, verdicts and figures. Starts no calculation."""
