"""Results on disk: folders of runs, netCDF files, JSON and where a result comes from."""
