"""The catalogue as plain data: what there is, what it needs, costs and takes."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from pellucid.app.options import READS_FILES, option_card
from pellucid.core.options import options_of, settable
from pellucid.core.registry import Card, Kind, catalogue

__all__ = ["listed"]


@cache
def listed(kind: Kind) -> list[dict[str, Any]]:
    """Every method or metric that can be asked for here, by family and name."""
    return [_card(card) for card in catalogue(kind) if card.name not in READS_FILES]


def _card(card: Card) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": card.name,
        "family": card.family,
        "access": card.access,
        "summary": card.summary,
        "cost": card.cost,
        "paper": card.paper,
        "options": [option_card(option) for option in options_of(card) if settable(option.kind)],
    }
    if "bounds" in card.facts:
        found["better"] = card.facts["better"]
        found["bounds"] = [bound if math.isfinite(bound) else None for bound in card.facts["bounds"]]
    return found
