"""Gradients of a target at the input embeddings.

The embeddings of the text's positions are the variables; everything after them (the answer's own tokens, the
decoder) is fixed. The weights need no gradient, so they are told so while the graph is built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import BadOption, NotFinite, TargetImpossible
from pellucid.core.progress import meter
from pellucid.core.target import Target
from pellucid.models.huggingface.embeddings import embedding_of, mean_embedding, replaced
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.measures import Measure, measure_of
from pellucid.models.huggingface.memory import is_out_of_memory
from pellucid.models.huggingface.rows import feature_positions, whole
from pellucid.models.huggingface.scales import on_scale, outputs_on

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["BASELINES", "HuggingFaceGradients", "weights_fixed"]

BASELINES = ("mask", "zero", "pad", "mean")

# Logits of one batch, in numbers. The graph holds them in float64 too: 2**24 are 192 MB.
LOGITS = 2**24

Found = TypeVar("Found")


class HuggingFaceGradients:
    """`Gradients` of one encoded text and one resolved target. Points are float32, on the model's device."""

    def __init__(self, model: HuggingFaceModel, encoding: Encoding, target: Target) -> None:
        self._model, self._encoding = model, encoding
        self._scale = target.scale or model.head.scale
        self._tokens = target.tokens
        self._signed = [(target.ids, 1.0)] + ([(target.against_ids, -1.0)] if target.against_ids else [])
        if model.head.closed and model.module.config.is_encoder_decoder:
            raise TargetImpossible(
                f"{model.name} reads the text twice, in its encoder and its decoder: there is no one gradient of it. "
                "Use a method that removes features: leave_one_out, shapley_sampling."
            )
        self._embed = embedding_of(model.module)
        self._embeddings = self._embedded(torch.from_numpy(encoding.ids))
        self.inputs: Tensor = self._embeddings
        self.feature_of = encoding.feature_of
        self._is_feature = torch.from_numpy(feature_positions(encoding)).to(self.inputs.device)
        self.default_baseline = "zero" if model.tokenizer.mask_token_id is None else "mask"
        self.outputs = outputs_on(self._scale, target)
        fits = model.batch_tokens // (2 * len(encoding.ids))  # a graph holds about twice a forward
        fits = max(1, min(fits, LOGITS // (len(target.ids) * model.vocabulary)))
        self.at_once = 1 if model.head.together == "one" else fits

    def baseline(self, kind: str) -> Tensor:
        """The text with its features' embeddings replaced, shape (position, width).

        ``mask``, ``pad``: that token's embedding; ``zero``: zeros; ``mean``: the mean over the vocabulary.
        """
        if kind not in BASELINES:
            raise BadOption(f'baseline="{kind}" is not known. Baselines: {", ".join(BASELINES)}.')
        return torch.where(self._is_feature[:, None], self._reference(kind), self._embeddings)

    def vocabulary(self) -> Tensor:
        """The embeddings of all tokens that stand for text, shape (token, width): no special ones, no padding."""
        tokenizer = self._model.tokenizer
        ids = set(range(min(len(tokenizer), len(self._embed.weight)))) - set(tokenizer.all_special_ids)
        return self._embedded(torch.tensor(sorted(ids)))

    def values(self, points: Tensor) -> np.ndarray:
        """Values at ``points`` without gradients, float64, shape (point, output)."""
        with self._model.session(), torch.no_grad():
            return np.concatenate(list(self._batches(points, self._values_of)))

    def __call__(self, points: Tensor, *, per_output: bool = False) -> tuple[np.ndarray, Tensor]:
        """Values, float64, shape (point, output), and gradients: see `core.protocols.Gradients`."""
        with self._model.session(), weights_fixed(self._model.module):
            found = list(self._batches(points, lambda some: self._one_batch(some, per_output)))
        values, gradients = zip(*found, strict=True)
        return np.concatenate(values), torch.cat(gradients)

    def per_feature(self, values: Tensor) -> np.ndarray:
        """Values of positions, shape (..., position), added up to features, float64, shape (..., input)."""
        numbers = values.detach().cpu().double().numpy()
        owner = self._encoding.feature_of
        out = np.zeros((*numbers.shape[:-1], self._encoding.features))
        for position in np.flatnonzero(owner >= 0):
            out[..., owner[position]] += numbers[..., position]
        return out

    def _batches(self, points: Tensor, work: Callable[[Tensor], Found]) -> Iterator[Found]:
        """``work`` on as many points at a time as fit; fewer from then on where the memory is full."""
        at = 0
        while at < len(points):
            try:
                found = work(points[at : at + self.at_once])
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not is_out_of_memory(error) or self.at_once == 1:
                    raise
                self.at_once //= 2
                continue
            at += self.at_once
            if len(points) > self.at_once:
                meter().advance(min(at, len(points)), len(points), "gradients")
            yield found

    def _values_of(self, points: Tensor) -> np.ndarray:
        values = self._finite(self._values(points))
        meter().spend(forwards=len(points), tokens=points[..., 0].numel())
        return values.cpu().double().numpy()

    def _one_batch(self, points: Tensor, per_output: bool) -> tuple[np.ndarray, Tensor]:
        leaf = points.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            values = self._finite(self._values(leaf))
            gradient = (
                _of_each(values.sum(0), leaf) if per_output else torch.autograd.grad(values.sum(), leaf)[0]
            )
            self._finite(gradient)
        backwards = len(points) * (self.outputs if per_output else 1)
        meter().spend(forwards=len(points), backwards=backwards, tokens=points[..., 0].numel())
        return values.detach().cpu().double().numpy(), gradient

    def _values(self, points: Tensor) -> Tensor:
        """The target's outputs at ``points``, one answer less the other, shape (point, output)."""
        found = [sign * self._value(points, answer) for answer, sign in self._signed]
        return torch.stack(found).sum(0)

    def _value(self, points: Tensor, answer: tuple[int, ...]) -> Tensor:
        scores = self._measure(self._logits(points, answer), answer)
        outputs = on_scale(scores[..., self._tokens, :], self._scale)
        return outputs if len(self._signed) == 1 else outputs.sum(-1, keepdim=True)

    def _logits(self, points: Tensor, answer: tuple[int, ...]) -> Tensor:
        """Logits at the answer's positions when the text is embedded as ``points``."""
        head = self._model.head
        one = head.inputs([whole(self._encoding)], answer)
        inputs = {name: tensor.expand(len(points), *tensor.shape[1:]) for name, tensor in one.items()}
        with replaced(self._embed, points):
            return head.logits(inputs, answer)

    @cached_property
    def _measure(self) -> Measure:
        return measure_of(self._model.head, self._scale, self._whole_logits)

    @torch.no_grad()
    def _whole_logits(self) -> Tensor:
        """Logits at the text itself, shape (T, outcome)."""
        logits = self._logits(self.inputs[None], self._signed[0][0])[0]
        meter().spend(forwards=1, tokens=len(self.inputs))
        return logits

    def _finite(self, numbers: Tensor) -> Tensor:
        if not torch.isfinite(numbers).all():
            raise NotFinite(self._model.name, self._model.dtype)
        return numbers

    def _reference(self, kind: str) -> Tensor:
        if kind == "zero":
            return torch.zeros_like(self._embeddings)
        if kind == "mean":
            return mean_embedding(self._embed)
        token = getattr(self._model.tokenizer, f"{kind}_token_id")
        if token is None:
            raise BadOption(
                f'{self._model.name} has no {kind} token. Use baseline="zero" or baseline="mean".'
            )
        return self._embedded(torch.tensor([token]))[0]

    def _embedded(self, ids: Tensor) -> Tensor:
        with torch.no_grad():
            return self._embed(ids.to(self._embed.weight.device)).float()


def _of_each(outputs: Tensor, leaf: Tensor) -> Tensor:
    """The gradient of each output over one graph, shape (point, output, position, width)."""
    each = torch.eye(len(outputs), dtype=outputs.dtype, device=outputs.device)
    try:
        found = torch.autograd.grad(outputs, leaf, each, retain_graph=True, is_grads_batched=True)[0]
    except RuntimeError:  # a kernel that cannot be batched, or no memory for all outputs at once
        found = torch.stack([torch.autograd.grad(outputs, leaf, e, retain_graph=True)[0] for e in each])
    return found.swapaxes(0, 1)


@contextmanager
def weights_fixed(module: Any) -> Iterator[None]:
    """No gradient for the weights inside; as it was afterwards."""
    learning = [p for p in module.parameters() if p.requires_grad]
    for p in learning:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in learning:
            p.requires_grad_(True)
