"""Bearer tokens: what makes one good, and what a good one says."""
