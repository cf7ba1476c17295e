"""Leave one out on 64 prompt and 16 answer tokens: Pellucid against the loop one would write first.

The loop is not a straw man: it scores the whole answer in one teacher-forced pass, as one should. What it lacks
is what Pellucid adds: rows in one batch, logits only where the answer needs them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

import pellucid
from benchmarks.gpt2_shape import model_and_tokenizer, prompt_and_answer

Side = Callable[[], np.ndarray]


def sides() -> dict[str, Side]:
    """The two ways, as functions that return the attribution, shape (output, input)."""
    module, tokenizer = model_and_tokenizer()
    prompt, answer = prompt_and_answer()
    model = pellucid.load((module, tokenizer))

    def ours() -> np.ndarray:
        model.memo.clear()
        return pellucid.explain(model, prompt, target=answer).data["attribution"].to_numpy()

    def loop() -> np.ndarray:
        prompt_ids, answer_ids = (torch.tensor(tokenizer(s).input_ids) for s in (prompt, answer))
        full = log_probabilities(module, prompt_ids, answer_ids)
        credit = []
        for i in range(len(prompt_ids)):
            without = torch.cat([prompt_ids[:i], prompt_ids[i + 1 :]])
            credit.append(full - log_probabilities(module, without, answer_ids))
        return torch.stack(credit, 1).numpy()

    return {"pellucid": ours, "loop": loop}


@torch.no_grad()
def log_probabilities(module: torch.nn.Module, prompt: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
    """The log-probability of each answer token, in one pass over prompt and answer, shape (output,)."""
    logits = module(torch.cat([prompt, answer])[None]).logits[0]
    predicting = logits[len(prompt) - 1 : -1].log_softmax(-1)
    return predicting.gather(1, answer[:, None])[:, 0]
