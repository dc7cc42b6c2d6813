"""Who solves the chains of a sweep: threads and processes of this machine, or a cluster."""
