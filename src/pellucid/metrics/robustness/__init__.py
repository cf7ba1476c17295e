"""Robustness: does the explanation stay when what should not matter is changed."""
