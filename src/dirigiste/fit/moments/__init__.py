"""Calibration files: which parameters are estimated, on which moments, and where the numbers come from."""
