"""Chronicles and data: sizes of events, perceived enforcement, and how sure results are."""
