"""How an economy is solved: JAX in float64, below one door (:mod:`dirigiste.numerics.arrays`) only arrays.

Modules, from the ground up: `linear` (block elimination along wealth, GMRES), `grid` and `ability`
(discretised wealth and ability), `arrays` (an economy compiled to arrays), `firm` (static choice),
`generator` (jumps and their rates), `hjb` (values and decisions), `kfe` (the stationary distribution),
`aggregates`, `equilibrium`.
"""
