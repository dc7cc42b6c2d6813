"""Buera and Shin (2013); see `replication`."""
