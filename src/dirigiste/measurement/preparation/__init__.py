"""What comes before a measurement: linking firms over years, and real capital stocks."""
