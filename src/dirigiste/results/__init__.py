"""What comes back: equilibria, comparisons and runs as named numbers with units, and where they are kept.

Modules: `measures` (every number: unit, meaning, symbol), `schema` (their JSON Schema), `totals` and
`quantiles` (formulas), `dataset` (the Dataset of an equilibrium), `solve`, `certify`, `equilibrium`,
`comparison`, `welfare`, `run`, `storage`, `folders`, `text` (tables). Reading and printing results needs no
JAX; only `solve` and `certify` do.
"""
