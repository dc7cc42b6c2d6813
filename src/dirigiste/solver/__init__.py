"""Chronicles solved: surprise after surprise, and for sets of channels."""
