"""Values and distributions at given prices: jumps, policy functions, HJB, KFE and their linear systems."""
