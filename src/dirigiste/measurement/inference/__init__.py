"""Standard errors and intervals: bootstrap, regressions, and how far choices move the answer."""
