"""How an economy is solved, in compiled loops (numba, float64).

`setup` turns an economy into arrays; all else sees arrays only. `operators` solves values and distributions
at given prices, `markets` clears markets at given masses, `stationary` finds equilibria, `transition` paths,
`annual` both of economies in periods; `compiled` keeps the programs.
"""
