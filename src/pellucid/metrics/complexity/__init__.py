"""Complexity: on how few features does the explanation rest."""
