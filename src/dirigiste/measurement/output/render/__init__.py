"""Tables of a measurement as people and programs read them: terminal, Markdown, LaTeX, CSV, Stata."""
