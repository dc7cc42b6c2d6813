"""What comes back: equilibria, comparisons and runs as named numbers with units, and where they are kept.

`quantities` names every number, `equilibria` and `runs` hold them, `text` prints them and `archive` keeps
them. Reading and printing results loads no numba; only solving and `certify` do.
"""
