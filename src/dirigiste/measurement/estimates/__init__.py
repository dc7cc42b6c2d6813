"""What is estimated: wedges, gains, dispersion, decompositions."""
