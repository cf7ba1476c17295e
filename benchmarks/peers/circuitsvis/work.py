"""CircuitsVis: the view of all heads, with its script in the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from circuitsvis.attention import attention_heads


def load(task: dict[str, Any]) -> tuple[np.ndarray]:
    return (np.load(task["attention"]),)


def page(attention: np.ndarray, task: dict[str, Any]) -> list:
    """Write the page; nothing is compared. ``attention``: shape (layer, head, query, key)."""
    heads = attention.reshape(-1, *attention.shape[2:])
    drawn = attention_heads(attention=heads, tokens=task["tokens"]).local_src
    Path(task["to"]).write_text(f"<!doctype html><html><body>{drawn}</body></html>", encoding="utf-8")
    return []
