"""What comes back: equilibria, comparisons and runs as named numbers with units, and where they are kept.

Modules: `measures` (every number: unit, meaning, symbol), `schema` (their JSON Schema), `formulas` (numbers
from sums over the distribution), `totals` and `quantiles` (those that need all of it), `dataset` (the Dataset
of an equilibrium), `solve`, `certify`, `equilibrium`, `comparison`, `welfare`; `course` (a chronicle solved),
`paths` (its Dataset), `shapley` and `split` (what each channel did), `run`, `run_json`, `impulse`; `storage`,
`folders`, `text` (tables). Reading and printing results loads no numba; only solving and `certify` do.
"""
