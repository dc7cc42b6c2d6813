"""Files of tables: text, Excel, Stata, Parquet, pipes, and frames in memory."""
