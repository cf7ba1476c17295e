"""The type of an attention map, by a small network on `features`; made by training/attention_pattern_types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.methods.attention._map_features import features

__all__ = ["SIZES", "TYPES", "card", "probabilities", "type_probabilities"]

TYPES = ("vertical", "diagonal", "vertical+diagonal", "block", "heterogeneous")
SIZES = (8, 128)
"""The tokens of the maps that the network has learned from."""
FILE = Path(__file__).with_suffix(".json")


def type_probabilities(maps: np.ndarray, *, causal: bool) -> np.ndarray:
    """How likely each map is of each of `TYPES`, shape (map, type), from weights, shape (map, query, key)."""
    return probabilities(features(maps, causal=causal), card()["weights"])


def probabilities(found: np.ndarray, weights: Mapping[str, Any]) -> np.ndarray:
    """One hidden layer: ``softmax(W2 relu(W1 x + b1) + b2)`` of features less their mean, by their deviation."""
    mean, deviation, first, first_bias, second, second_bias = (
        np.asarray(weights[name])
        for name in ("mean", "deviation", "first", "first_bias", "second", "second_bias")
    )
    hidden = np.maximum((found - mean) / deviation @ first.T + first_bias, 0)
    scores = hidden @ second.T + second_bias
    likely = np.exp(scores - scores.max(-1, keepdims=True))
    return likely / likely.sum(-1, keepdims=True)


@cache
def card() -> Mapping[str, Any]:
    """The weights, and what was measured on maps that were not learned from."""
    return json.loads(FILE.read_text(encoding="utf-8"))
