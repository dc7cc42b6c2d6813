"""Chronicles put together in tests, on economies that are not files; and a small economy that is solved in no
time.
"""

from dirigiste.chronicle import Chronicle
from dirigiste.results.equilibria import known

POINTS = "numerics: {wealth: {points: 40, max: 2000, scale: 0.3}"
assert POINTS in known.ECONOMY

STEPS = "path: {step: 0.25, even: 0.5, growth: 1.3, horizon: 80}"

VILLAGE = known.ECONOMY.replace(POINTS, f"{POINTS}, {STEPS}")
"""The known economy with paths of few steps."""


def told(economy, *events):
    """A chronicle on an economy: dates, each with its changes as a file would hold them."""
    chronicle = Chronicle.model_validate(
        {
            "name": "told",
            "economy": economy.name,
            "events": [
                {"date": date, "title": f"Event {n}", "sources": ["assumption"], "changes": changes}
                for n, (date, *changes) in enumerate(events)
            ],
        }
    )
    chronicle._baseline = economy
    chronicle.check(economy)
    return chronicle
