"""Integrated gradients at given points: Captum, and Inseq through it, have a fixed choice of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


@contextmanager
def points(task: dict[str, Any]) -> Iterator[None]:
    """Captum's integral at ``alphas`` with ``weights``, where the task has them; else as it comes."""
    if "alphas" not in task:
        yield
        return
    given = (lambda steps: task["weights"]), (lambda steps: task["alphas"])
    with patch("captum.attr._core.integrated_gradients.approximation_parameters", lambda method: given):
        yield
