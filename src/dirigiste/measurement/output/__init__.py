"""What a measurement shows: tables, figures, JSON, the report."""
