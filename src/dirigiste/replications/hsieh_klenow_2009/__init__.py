"""Hsieh and Klenow (2009): misallocation from wedges between marginal products within industries."""
