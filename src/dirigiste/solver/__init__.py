"""Solves chronicles: one perfect-foresight path for each surprise, for one or several sets of channels."""
