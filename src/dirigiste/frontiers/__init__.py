"""Frontiers: the efficient edge between goals over policy instruments, by gradients; see docs/frontier.md."""
