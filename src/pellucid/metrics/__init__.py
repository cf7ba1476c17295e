"""Floor 2: metrics, one number a file, each with its direction, bounds and control."""
