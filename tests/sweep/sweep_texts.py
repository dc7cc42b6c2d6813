"""A chronicle on the tiny economy, and sweeps of both."""

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

PATHS = """
name: paths
chronicle: squeeze.yaml
axes:
  cut: {parameter: events.0.changes.0.multiply, values: [0.9, 0.95]}
  statuses.free.collateral: {values: [1.4, 1.5]}
outcomes:
  - output @ 2022
  - fall = output @ peak / output @ start - 1
  - late = (credit[free] / credit) @ end
"""
