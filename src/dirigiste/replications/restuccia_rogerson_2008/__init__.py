"""Restuccia and Rogerson (2008): policy distortions with heterogeneous establishments and free entry."""
