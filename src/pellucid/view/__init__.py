"""Floor 2: from results to figures, and from figures to a terminal, a notebook, a page."""
