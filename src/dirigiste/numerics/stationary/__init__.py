"""Stationary equilibria and their certificate."""
