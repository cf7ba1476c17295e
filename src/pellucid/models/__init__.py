"""Floor 1: ways to reach a model."""
