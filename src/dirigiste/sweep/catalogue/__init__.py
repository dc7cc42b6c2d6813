"""The catalogue: runs and sweeps that are kept as tables that SQL reads (docs/catalogue.md)."""
