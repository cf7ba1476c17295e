"""Parts of a figure as text for a terminal."""
