"""An economy as arrays: grids, ability, values abroad, unknown prices, parameters by date."""
