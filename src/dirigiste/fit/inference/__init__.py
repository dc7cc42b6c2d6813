"""Standard errors, tests, identification and influence of moments."""
