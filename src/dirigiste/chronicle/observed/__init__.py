"""Observed series of a chronicle: what they are, their numbers from files, and checks."""
