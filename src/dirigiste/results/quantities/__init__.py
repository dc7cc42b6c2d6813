"""Every number that a result holds: its name, unit and formula."""
