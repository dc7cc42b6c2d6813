"""How an economy is solved, in compiled loops (numba, float64). :mod:`dirigiste.numerics.arrays` turns an
economy into arrays; all other modules see arrays only.

Modules, from the ground up: `kept` and `programs` (compiled programs: where they are kept, how they are had
ready and run side by side), `elementary` (exponential and logarithm for kernels), `grid` and `ability`
(discretised wealth and ability), `arrays` (an economy compiled to arrays), `unknowns`, `firm` and `size_tax`
(static choice), `preferences`, `abroad`, `generator` (jumps and their rates), `policy` (decisions), `linear`
(tridiagonal elimination, sweeps, GMRES), `blocks` (sweeps along wealth and ability together), `direct`
(sparse elimination), `hjb` (values), `kfe` (the stationary distribution), `aggregates`,
`timed` (parameters over time), `clearing` (prices at given masses), `point`, `start`, `equilibrium`,
`certificate`. Paths: `steps`, `path`, `sequence`, `transition`, `path_residuals`. `annual`: the clock that
runs in periods, `clock`: what both clocks offer. `warmup`: every kernel once.
"""
