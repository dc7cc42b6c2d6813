"""Stationary equilibria as they come back, compared and certified."""
