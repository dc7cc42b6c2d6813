"""A tiny economy that solves in less than a tenth of a second, a chronicle on it, and a sweep."""

TINY = """
name: tiny
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.12
  distribution: {pareto: {tail: 6.0, points: 8}}
statuses:
  loyal: {collateral: 2.0, controlled: true}
  free: {collateral: 1.4, spread: 0.02}
edges:
  - {name: join, from: free, to: loyal, kind: choice, rate: 0.3, cost: 0.02, scale: 0.05}
  - {name: leave, from: loyal, to: free, kind: rate, rate: 0.1}
closure: {capital: closed, fiscal: rebate}
numerics:
  wealth: {points: 40, max: 2000, scale: 0.3}
  path: {step: 0.5, even: 0.5, growth: 1.5, horizon: 40}
"""

SQUEEZE = """
name: squeeze
economy: tiny.yaml
events:
  - date: 2021-01-01
    title: Credit is cut
    sources: [assumption]
    changes: [{parameter: statuses.free.collateral, multiply: 0.95}]
"""

GRID = """
name: grid
economy: tiny.yaml
axes:
  credit: {parameter: statuses.free.collateral, range: [1.2, 1.6, 4]}
  edges.leave.rate: {values: [0.08, 0.1, 0.12]}
chain: 3
outcomes: [output, "gap = log(mpk[free] / mpk[loyal])", "people[*]"]
"""
