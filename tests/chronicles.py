"""Chronicles put together in tests, on economies that are not files."""

from dirigiste.chronicle import Chronicle


def told(economy, *events):
    """A chronicle on an economy: dates, each with its changes as a file would hold them."""
    found = Chronicle.model_validate(
        {
            "name": "told",
            "economy": economy.name,
            "events": [
                {"date": date, "title": f"Event {n}", "sources": ["assumption"], "changes": changes}
                for n, (date, *changes) in enumerate(events)
            ],
        }
    )
    found._baseline = economy
    found.check(economy)
    return found
