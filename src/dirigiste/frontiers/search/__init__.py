"""The search of one point of a frontier: evaluations that are kept, first-order conditions, the climb."""
