"""Floor 4: many rows: where they come from, what is done, and how they are explained."""
