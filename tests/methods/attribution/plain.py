"""The slow way to a gradient: one text, one forward, one output at a time, by plain autograd.

It shares no code with Pellucid but the target's ids and the features' characters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tests import twin
from tests.families import family, question, shape_of

__all__ = ["CASES", "Plain", "opened", "plain_of", "texts"]

CASES = ["demo_lm", "demo_sentiment", "gpt2", "llama", "bert-label", "t5"]
FAMILY = {"demo_lm": "gpt2", "demo_sentiment": "bert-label"}
TEXTS = {
    "demo_lm": ("The city of Rome is in", " France."),  # an answer that is not certain
    "demo_sentiment": ("a warm and funny film", "POSITIVE"),
}


def opened(request: Any, name: str) -> Any:
    """The bundled model, or that of a tiny family."""
    return request.getfixturevalue(name) if name in TEXTS else family(name)


def texts(name: str) -> tuple[str, str]:
    """A text and an answer to it, of several tokens where the model writes."""
    if name in TEXTS:
        return TEXTS[name]
    return question(name).text, question(name).several or question(name).one


class Plain:
    """One explained text as the model's embeddings, and the target's outputs there."""

    def __init__(self, name: str, model: Any, why: Any) -> None:
        self.name, self.module = FAMILY.get(name, name), model.module
        self.shape, self.answer, self.scale = shape_of(self.name), why.target.ids, why.target.scale
        read = twin.read_of(self.name, model.tokenizer, why.text, [True] * len(why.text.features), "delete")
        self.owners = twin.owners(model.tokenizer, why.text)
        self.features = len(why.text.features)
        self.embed = self.module.get_input_embeddings()
        self.inputs = self.embed(torch.tensor(read.ids)).detach()
        self.free = torch.tensor([owner is not None for owner in self.owners])[:, None]

    def outputs(self, points: torch.Tensor) -> torch.Tensor:
        """The number of each token of the answer, shape (T,), when the text is embedded as ``points``."""
        given = points[None]
        if self.shape == "label":
            logits = self.module(inputs_embeds=given).logits
        elif self.shape == "causal":
            after = self.embed(torch.tensor(self.answer[:-1], dtype=torch.long))[None]
            logits = self.module(inputs_embeds=torch.cat([given, after], 1)).logits[0, -len(self.answer) :]
        else:
            start = torch.tensor([[*twin.DECODER_START[self.name], *self.answer[:-1]]])
            logits = self.module(inputs_embeds=given, decoder_input_ids=start).logits[0]
        scores = logits if self.scale == "logit" else logits.log_softmax(-1)
        return scores[range(len(self.answer)), self.answer]

    def gradient(self, points: torch.Tensor, output: int | None = None) -> torch.Tensor:
        """Of one output, or of their sum, shape (position, width)."""
        leaf = points.clone().requires_grad_(True)
        outputs = self.outputs(leaf)
        wanted = outputs.sum() if output is None else outputs[output]
        return torch.autograd.grad(wanted, leaf)[0]

    def total(self, points: torch.Tensor) -> float:
        """The sum of the outputs."""
        with torch.no_grad():
            return float(self.outputs(points).sum())

    def baseline(self, vector: torch.Tensor) -> torch.Tensor:
        """The text with every feature's tokens embedded as ``vector``."""
        return torch.where(self.free, vector, self.inputs)

    def by_feature(self, positions: Any) -> np.ndarray:
        """Numbers of positions added up to features."""
        found = np.zeros(self.features)
        for number, owner in zip(positions, self.owners, strict=True):
            if owner is not None:
                found[owner] += float(number)
        return found


def plain_of(request: Any, name: str, why: Any) -> Plain:
    """The slow way to what was explained."""
    return Plain(name, opened(request, name), why)
