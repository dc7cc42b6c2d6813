"""Regressions of firm-level measures: formulas, variables, fixed effects, event studies, their tables."""
