"""Floor 0: the words every other floor speaks. Needs numpy and xarray, never torch."""
