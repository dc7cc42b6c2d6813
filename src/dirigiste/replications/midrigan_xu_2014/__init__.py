"""Midrigan and Xu (2014); see `replication`."""
