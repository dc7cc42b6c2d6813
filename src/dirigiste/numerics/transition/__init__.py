"""Transition paths: steps in time, the sequence-space Jacobian, perfect foresight."""
