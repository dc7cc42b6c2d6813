"""Checks of the data, listed before any result."""
