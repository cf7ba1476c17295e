"""BertViz: the view of all heads, as it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from bertviz import head_view


def load(task: dict[str, Any]) -> tuple[np.ndarray]:
    return (np.load(task["attention"]),)


def page(attention: np.ndarray, task: dict[str, Any]) -> list:
    """Write the page; nothing is compared. ``attention``: shape (layer, head, query, key)."""
    layers = tuple(torch.tensor(layer[None]) for layer in attention)
    drawn = head_view(layers, task["tokens"], html_action="return").data
    Path(task["to"]).write_text(f"<!doctype html><html><body>{drawn}</body></html>", encoding="utf-8")
    return []
