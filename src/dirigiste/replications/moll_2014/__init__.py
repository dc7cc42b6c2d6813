"""Moll (2014): wealth shares by ability under collateral constraints and constant returns."""
