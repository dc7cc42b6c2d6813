"""From columns of a file to firms: numbers as text, formulas, roles, rows lost."""
