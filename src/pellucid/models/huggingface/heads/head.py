"""What every head can do, and the padding they share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.rows import Row, Together

__all__ = ["Head", "padded", "softmax_logprobs", "takes", "writes_greedily"]

Inputs = dict[str, Tensor]


class Head(Protocol):
    """One shape of output. ``T`` below is the number of ids of an answer: 1 for a label."""

    scale: ClassVar[Scale]
    ablate: ClassVar[Ablation]
    keep_end: ClassVar[bool]
    closed: ClassVar[bool]  # the answers are a fixed list of labels

    def __init__(self, module: Any, tokenizer: Any, name: str) -> None: ...

    @property
    def together(self) -> Together:
        """Which rows can be read in one batch."""
        ...

    def answer(self, encoding: Encoding, wanted: str) -> tuple[int, ...]:
        """The ids of an answer given as text."""
        ...

    def own_answer(self, encoding: Encoding, tokens: int | None) -> tuple[int, ...]:
        """The ids of the model's own answer."""
        ...

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """Each id of an answer as readable text."""
        ...

    def extra_tokens(self, answer: tuple[int, ...]) -> int:
        """How many tokens of the answer share the context with the text."""
        ...

    def inputs(self, rows: Sequence[Row], answer: tuple[int, ...]) -> Inputs:
        """The tensors of one batch, on the model's device."""
        ...

    def logits(self, inputs: Inputs, answer: tuple[int, ...]) -> Tensor:
        """Logits at the answer's positions, shape (row, T, vocabulary or label)."""
        ...

    def logprobs(self, logits: Tensor, answer: tuple[int, ...]) -> Tensor:
        """Log-probabilities of the answer's ids, float32, shape (row, T)."""
        ...


def padded(rows: Sequence[np.ndarray], fill: int, *, left: bool) -> Tensor:
    """Arrays of shape (length,) as one int64 tensor of shape (row, longest)."""
    longest = max(len(r) for r in rows)
    out = np.full((len(rows), longest), fill, np.int64)
    for i, r in enumerate(rows):
        place = slice(longest - len(r), None) if left else slice(len(r))
        out[i, place] = r
    return torch.from_numpy(out)


def softmax_logprobs(logits: Tensor, answer: tuple[int, ...]) -> Tensor:
    """log softmax at the answer's ids, in float32, shape (row, T), one row of logits in memory at a time."""
    ids = torch.tensor(answer, device=logits.device)[:, None]
    rows = [
        row.float().gather(-1, ids)[:, 0] - torch.logsumexp(row.float(), -1)
        for row in logits  # a float32 copy of a whole batch of 16-bit logits would double the peak
    ]
    return torch.stack(rows)


def takes(module: Any, argument: str) -> bool:
    """Whether the model's forward has this argument."""
    return argument in inspect.signature(module.forward).parameters


def writes_greedily(module: Any, inputs: Inputs, tokens: int, start: int | None) -> list[int]:
    """The ids that the model writes after one input, end-of-text left out unless it is all there is."""
    generate: Callable[..., Tensor] = module.generate
    with torch.no_grad():
        written: list[int] = generate(
            **inputs, max_new_tokens=tokens, do_sample=False, num_beams=1, pad_token_id=start or 0, top_k=None,
            top_p=None, temperature=None, repetition_penalty=1.0,
        )[0].tolist()  # fmt: skip
    return written
