"""Floor 5: the command line, which says the same words as the library."""
