"""Gradients of a target at the input embeddings.

The embeddings of the text's positions are the variables; everything after them (the answer's own tokens, the
decoder) is fixed. The weights need no gradient, so they are told so while the graph is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import BadOption, NotFinite, TargetImpossible
from pellucid.core.progress import meter
from pellucid.core.target import Target
from pellucid.models.huggingface.embeddings import embedding_of, mean_embedding, replaced
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.memory import is_out_of_memory
from pellucid.models.huggingface.rows import feature_positions, whole
from pellucid.models.huggingface.scales import on_scale

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["BASELINES", "HuggingFaceGradients"]

BASELINES = ("mask", "zero", "pad", "mean")


class HuggingFaceGradients:
    """`Gradients` of one encoded text and one resolved target. Points are float32, on the model's device."""

    def __init__(self, model: HuggingFaceModel, encoding: Encoding, target: Target) -> None:
        self._model, self._encoding = model, encoding
        self._scale = target.scale or model.head.scale
        self._signed = [(target.ids, 1.0)] + ([(target.against_ids, -1.0)] if target.against_ids else [])
        if model.head.closed and model.module.config.is_encoder_decoder:
            raise TargetImpossible(
                f"{model.name} reads the text twice, in its encoder and its decoder: there is no one gradient of it. "
                "Use a method that removes features: leave_one_out, shapley_sampling."
            )
        self._embed = embedding_of(model.module)
        with torch.no_grad():
            ids = torch.from_numpy(encoding.ids).to(model.module.device)
            self.inputs: Tensor = self._embed(ids).float()
        self._is_feature = torch.from_numpy(feature_positions(encoding)).to(self.inputs.device)
        self.default_baseline = "zero" if model.tokenizer.mask_token_id is None else "mask"
        additive = self._scale in ("logit", "logprob") and not target.against_ids
        self.outputs = len(target.ids) if additive else 1

    def baseline(self, kind: str) -> Tensor:
        """The text with its features' embeddings replaced, shape (position, width).

        ``mask``, ``pad``: that token's embedding; ``zero``: zeros; ``mean``: the mean over the vocabulary.
        """
        if kind not in BASELINES:
            raise BadOption(f'baseline="{kind}" is not known. Baselines: {", ".join(BASELINES)}.')
        return torch.where(self._is_feature[:, None], self._reference(kind), self.inputs)

    def __call__(self, points: Tensor, *, per_output: bool = False) -> tuple[np.ndarray, Tensor]:
        """Values, float64, shape (point, output), and gradients: see `core.protocols.Gradients`."""
        values, gradients = [], []
        at, chunk = 0, self._rows_at_once()
        with self._model.session(), _weights_fixed(self._model.module):
            while at < len(points):
                try:
                    value, gradient = self._one_batch(points[at : at + chunk], per_output)
                except (torch.OutOfMemoryError, RuntimeError) as error:
                    if not is_out_of_memory(error) or chunk == 1:
                        raise
                    chunk //= 2
                    continue
                values.append(value)
                gradients.append(gradient)
                at += chunk
                meter().advance(min(at, len(points)), len(points), "gradients")
        return np.concatenate(values), torch.cat(gradients)

    def per_feature(self, values: Tensor) -> np.ndarray:
        """Values of positions, shape (..., position), added up to features, float64, shape (..., input)."""
        numbers = values.detach().cpu().double().numpy()
        owner = self._encoding.feature_of
        out = np.zeros((*numbers.shape[:-1], self._encoding.features))
        for position in np.flatnonzero(owner >= 0):
            out[..., owner[position]] += numbers[..., position]
        return out

    def _rows_at_once(self) -> int:
        """A graph holds about twice what a forward does."""
        if self._model.head.together == "one":
            return 1
        return max(1, self._model.batch_tokens // (2 * len(self._encoding.ids)))

    def _one_batch(self, points: Tensor, per_output: bool) -> tuple[np.ndarray, Tensor]:
        leaf = points.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            values = sum((sign * self._value(leaf, answer) for answer, sign in self._signed), torch.zeros(()))
            if not torch.isfinite(values).all():
                raise NotFinite(self._model.name, self._model.dtype)
            wanted = [values[:, i].sum() for i in range(self.outputs)] if per_output else [values.sum()]
            grads = [torch.autograd.grad(w, leaf, retain_graph=w is not wanted[-1])[0] for w in wanted]
        if not all(torch.isfinite(g).all() for g in grads):
            raise NotFinite(self._model.name, self._model.dtype)
        meter().spend(
            forwards=len(points), backwards=len(points) * len(wanted), tokens=points[..., 0].numel()
        )
        return values.detach().double().cpu().numpy(), torch.stack(grads, 1) if per_output else grads[0]

    def _value(self, points: Tensor, answer: tuple[int, ...]) -> Tensor:
        """The target's outputs at embeddings ``points``, shape (point, output), with a graph."""
        head = self._model.head
        one = head.inputs([whole(self._encoding)], answer)
        inputs = {name: tensor.expand(len(points), *tensor.shape[1:]) for name, tensor in one.items()}
        with replaced(self._embed, points):
            logits = head.logits(inputs, answer)
        chosen = torch.tensor(answer, device=logits.device).expand(len(points), -1)[..., None]
        outputs = on_scale(
            logits.gather(-1, chosen)[..., 0].float(), head.logprobs(logits, answer), self._scale
        )
        return outputs if len(self._signed) == 1 else outputs.sum(-1, keepdim=True)

    def _reference(self, kind: str) -> Tensor:
        if kind == "zero":
            return torch.zeros_like(self.inputs)
        if kind == "mean":
            return mean_embedding(self._embed)
        token = getattr(self._model.tokenizer, f"{kind}_token_id")
        if token is None:
            raise BadOption(
                f'{self._model.name} has no {kind} token. Use baseline="zero" or baseline="mean".'
            )
        with torch.no_grad():
            return self._embed(torch.tensor([token], device=self.inputs.device))[0].float()


@contextmanager
def _weights_fixed(module: Any) -> Iterator[None]:
    """No gradient for the weights inside; as it was afterwards."""
    learning = [p for p in module.parameters() if p.requires_grad]
    for p in learning:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in learning:
            p.requires_grad_(True)
