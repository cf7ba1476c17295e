"""Speed, measured side by side in one run, with a check that both sides say the same."""
