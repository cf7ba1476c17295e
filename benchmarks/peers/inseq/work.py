"""What Inseq does with a language model. It credits the answer's own earlier tokens too; those are left out here."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import inseq
from loading import language_model
from quadrature import points


@lru_cache(maxsize=8)
def _model(folder: str, method: str) -> Any:
    module, tokenizer = language_model(folder, attention="eager")  # Inseq asks for it
    return inseq.load_model(module, method, tokenizer=tokenizer)


def load(task: dict[str, Any]) -> tuple[Any]:
    return (_model(task["folder"], task["work"]),)


def occlusion(model: Any, task: dict[str, Any]) -> list:
    """Shape (answer token, text token), without signs: Inseq drops them."""
    return _credited(model, task).T.tolist()


def integrated_gradients(model: Any, task: dict[str, Any]) -> list:
    """Shape (answer token, text token); with ``at_once``, so many points are read together instead of all."""
    options = {"internal_batch_size": task["at_once"]} if "at_once" in task else {}
    with points(task):
        return _credited(model, task, n_steps=task["steps"], **options).sum(2).T.tolist()


def input_x_gradient(model: Any, task: dict[str, Any]) -> list:
    """Shape (answer token, text token)."""
    return _credited(model, task).sum(2).T.tolist()


def saliency(model: Any, task: dict[str, Any]) -> list:
    """Euclidean norms, shape (answer token, text token)."""
    return _credited(model, task).norm(dim=-1).T.tolist()


def _credited(model: Any, task: dict[str, Any], **options: Any) -> Any:
    """Credits of the log-probability, shape (text token, answer token, ...)."""
    found = model.attribute(
        task["text"],
        task["text"] + " " + task["target"],
        attributed_fn="probability",
        logprob=True,
        show_progress=False,
        **options,
    )
    one = found.sequence_attributions[0]
    return one.target_attributions[: one.attr_pos_start]
