"""Pellucid itself, in a process of its own, for what has to be measured in one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from loading import language_model

import pellucid


@lru_cache(maxsize=2)
def _model(folder: str) -> Any:
    return pellucid.load(language_model(folder))


def load(task: dict[str, Any]) -> tuple[Any]:
    return (_model(task["folder"]),)


def integrated_gradients(model: Any, task: dict[str, Any]) -> list:
    """Summed over the answer, shape (text token,); with ``at_once``, so many points are read together."""
    if "at_once" in task:
        model.batch_tokens = 2 * task["at_once"] * len(task["text"].split())  # a graph counts twice
    found = pellucid.explain(
        model,
        task["text"],
        "integrated_gradients",
        target=" " + task["target"],
        baseline="mask",
        steps=task["steps"],
    )
    return found.data["attribution"].to_numpy().tolist()


def traced(model: Any, task: dict[str, Any]) -> list:
    """What leaves each block, along one direction, shape (layer, position)."""
    sites = [f"resid_post.{i}" for i in range(len(model.blocks[""]))]
    found = model.trace(model.cut(task["text"]), read=sites)
    direction = torch.arange(model.module.config.hidden_size).float().cos()
    return [(found.row(site, 0) @ direction).tolist() for site in sites]
