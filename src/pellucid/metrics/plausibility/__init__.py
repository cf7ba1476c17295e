"""Plausibility: does the explanation name what people, or a rule, say decides."""
