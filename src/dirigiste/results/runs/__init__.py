"""Chronicles as they come back: paths over time, channels, impulse responses."""
