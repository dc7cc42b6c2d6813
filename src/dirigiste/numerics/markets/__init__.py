"""Firms, sums over owners, and the prices that clear markets at given masses."""
