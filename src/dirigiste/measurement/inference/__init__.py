"""Standard errors and intervals: bootstrap, regressions, and the sensitivity of results to choices."""
