"""What each layer believes already: its states read as if they were the last."""
