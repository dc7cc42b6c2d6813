"""From data to parameters: calibration, sizes of events, perceived enforcement, draws."""
