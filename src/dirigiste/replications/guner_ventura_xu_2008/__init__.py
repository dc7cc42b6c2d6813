"""Guner, Ventura and Xu (2008): policies that depend on the size of establishments, in a span-of-control
economy.
"""
