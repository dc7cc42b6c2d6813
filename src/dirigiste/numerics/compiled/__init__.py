"""Compiled loops: how programs are compiled, kept on disk and run in threads."""
