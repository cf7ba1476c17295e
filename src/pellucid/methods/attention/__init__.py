"""Where the model looked, and what the looks carried."""
