"""Many runs: designs, executors, tables, catalogue."""
