"""The catalogue: what there is, what it needs, what it costs, where it comes from."""

from __future__ import annotations

from pellucid.core.registry import Card, catalogue

__all__ = ["methods", "metrics"]


def methods() -> list[Card]:
    """Every method: name, family, access needed, cost, summary, paper, options."""
    return catalogue("method")


def metrics() -> list[Card]:
    """Every metric: the same, and ``facts["better"]``, ``facts["bounds"]``."""
    return catalogue("metric")
