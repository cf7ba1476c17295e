"""From results to the parts of a figure: one kind of result, or of dims, a file."""
