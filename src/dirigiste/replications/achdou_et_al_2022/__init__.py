"""Achdou, Han, Lasry, Lions and Moll (2022): households in continuous time, by this package's engine."""
