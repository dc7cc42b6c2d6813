"""What figures and tables show, as tidy data: pure functions of a run, apart from drawing."""
