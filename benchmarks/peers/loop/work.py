"""The loop one would write first, in Pellucid's own environment.

It is not a straw man: it scores the whole answer in one teacher-forced pass, as one should. What it lacks is what
Pellucid adds: rows in one batch, a prefix that is read once, logits only where the answer needs them.
"""

from __future__ import annotations

from typing import Any

import torch
from loading import language_model


def load(task: dict[str, Any]) -> tuple[Any, Any]:
    return language_model(task["folder"])


def feature_ablation(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """One forward a word that becomes the mask token, shape (answer token, text token)."""
    text, answer = (torch.tensor(tokenizer(s).input_ids) for s in (task["text"], task["target"]))
    full = _log_probabilities(model, text, answer)
    credit = []
    for i in range(len(text)):
        without = text.clone()
        without[i] = tokenizer.mask_token_id
        credit.append(full - _log_probabilities(model, without, answer))
    return torch.stack(credit, 1).tolist()


@torch.no_grad()
def _log_probabilities(model: Any, text: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
    """The log-probability of each answer token, in one pass over text and answer, shape (output,)."""
    logits = model(torch.cat([text, answer])[None]).logits[0]
    predicting = logits[len(text) - 1 : -1].log_softmax(-1)
    return predicting.gather(1, answer[:, None])[:, 0]


@torch.no_grad()
def patched_states(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """One forward for each layer and position whose state is that of the text read backwards, (layer, position)."""
    corrupt = torch.tensor([tokenizer(task["text"]).input_ids])
    answer = tokenizer(task["target"]).input_ids[-1]
    blocks = model.transformer.h if hasattr(model, "transformer") else model.model.layers
    clean = model(corrupt.flip(1), output_hidden_states=True).hidden_states
    return [
        [
            _with_state(model, block, corrupt, at, clean[layer])[0, -1, answer].item()
            for at in range(corrupt.shape[1])
        ]
        for layer, block in enumerate(blocks)
    ]


def _with_state(model: Any, block: Any, ids: torch.Tensor, at: int, clean: torch.Tensor) -> torch.Tensor:
    """The logits when ``clean``'s state enters a block at one position."""

    def put(_: Any, args: tuple) -> tuple:
        states = args[0].clone()
        states[:, at] = clean[:, at]
        return (states, *args[1:])

    hook = block.register_forward_pre_hook(put)
    try:
        return model(ids).logits
    finally:
        hook.remove()
