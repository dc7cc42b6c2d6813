"""Drawing of figures with matplotlib; what they show is made in `figure_data`."""
