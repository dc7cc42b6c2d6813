"""Minimum distance between moments of data and of solved economies."""
