"""The economies of these tests. Programs are compiled for each set of counts and flags, so most tests
change numbers of these.
"""

from pathlib import Path

from dirigiste.economy import load, loads

EXAMPLES = Path(__file__).parents[2] / "examples"

TRIANGLE = """
name: triangle
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: redraw, rate: 0.12, distribution: {pareto: {tail: 6.0, points: 6}}}
statuses:
  favoured: {collateral: 2.5, spread: -0.01, productivity: 0.95, mandates: {labor: 0.05, capital: 0.05}}
  free: {collateral: 1.5, spread: 0.03, data_lending: 0.1, wedge: 0.05}
  apart: {collateral: 1.2, productivity: 0.9, labor_efficiency: 0.7, fixed_cost: 0.02}
edges:
  - {name: crackdown, from: free, to: apart, kind: enforcement, actual: 0.05, perceived: 0.08,
     size: {of: capital, ref: 5.0, power: 1.5}, fine: 0.1}
  - {name: toll, from: favoured, to: free, kind: rate, rate: 0.08, fee: 0.1}
  - {name: rectified, from: apart, to: favoured, kind: rate, rate: 0.1, ability: redraw}
  - {name: join, from: free, to: favoured, kind: choice, rate: 0.3, cost: 0.05, scale: 0.05}
  - {name: inspect, from: favoured, to: apart, kind: enforcement, actual: 0.02,
     size: {of: wealth, ref: 5.0, power: 1.0}}
  - {name: emigrate, from: free, to: abroad, kind: choice, rate: 0.2, cost: 0.05, scale: 0.15, fine: 0.2}
abroad: {interest: 0.03, wage: 0.3}
entry: {status: free, wealth: 0.5, ability: stationary}
closure: {capital: closed, fiscal: rebate}
numerics: {wealth: {points: 60, max: 1000, scale: 0.3}}
"""

LONE = """
name: lone
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: redraw, rate: 0.12, distribution: {pareto: {tail: 6.0, points: 6}}}
statuses:
  everyone: {collateral: 1.5}
closure: {capital: closed, fiscal: rebate}
numerics: {wealth: {points: 60, max: 1000, scale: 0.3}}
"""


CLEAR = {"collateral": float("inf"), "spread": 0.0, "data_lending": 0.0, "wedge": 0.0, "mandates": {}}
UNLIMITED = {
    f"statuses.{name}.{key}": x for name in ("favoured", "free", "apart") for key, x in CLEAR.items()
} | {
    "statuses.free.fixed_cost": 0.01,
    "statuses.favoured.labor_efficiency": 0.9,
}
"""Changes to the triangle: credit without limits, and nothing else between firms and the interest rate."""


def economy(text, changes=None):
    result = loads(text)
    return result.with_(changes) if changes else result


def POLITICAL():
    small = {
        "ability.distribution.pareto.points": 8,
        "numerics.wealth.points": 60,
        "numerics.wealth.max": 2000,
    }
    return load(EXAMPLES / "political.yaml").with_(small)
