"""Floor 1: files in and out."""
