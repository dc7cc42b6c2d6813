"""What a calibration comes back as: tables, figures, files, the new economy."""
