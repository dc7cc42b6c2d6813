"""A tiny economy that is solved in less than a tenth of a second: for sweeps and frontiers, whose tests solve
many.
"""

TINY = """
name: tiny
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.12
  distribution: {pareto: {tail: 6.0, points: 8}}
statuses:
  loyal: {collateral: 2.0, wedge: 0.05, controlled: true}
  free: {collateral: 1.4, spread: 0.02}
edges:
  - {name: join, from: free, to: loyal, kind: choice, rate: 0.3, cost: 0.02, scale: 0.05}
  - {name: leave, from: loyal, to: free, kind: rate, rate: 0.1}
closure: {capital: closed, fiscal: rebate}
numerics:
  wealth: {points: 40, max: 2000, scale: 0.3}
  path: {step: 0.5, even: 0.5, growth: 1.5, horizon: 40}
"""
