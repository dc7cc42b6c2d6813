"""Goals as functions of instruments: of stationary equilibria, and of campaigns."""
