"""Points of a sweep: which there are, and their order in chains of neighbours."""
