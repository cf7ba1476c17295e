"""The inside of a Hugging Face model: what stands where in it, and what passes there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import TargetImpossible
from pellucid.core.protocols import Block
from pellucid.core.site import Patch, Site
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.anatomy import BlockParts, anatomy_of
from pellucid.models.huggingface.changed import changing
from pellucid.models.huggingface.decode import displayed
from pellucid.models.huggingface.edges import HuggingFaceEdges
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.gradients import weights_fixed
from pellucid.models.huggingface.heads import Head
from pellucid.models.huggingface.places import Place, place_of, possible_points
from pellucid.models.huggingface.randomized import behind_the_blocks, noising, randomizing
from pellucid.models.huggingface.relevance_rules import Absorbed, RelevanceRules
from pellucid.models.huggingface.sweep import swept, swept_states
from pellucid.models.huggingface.trace import HuggingFaceTrace, traced
from pellucid.models.huggingface.unembedding import Unembedding, unembedding_of
from pellucid.models.huggingface.watch import Change
from pellucid.models.huggingface.writing import pulled, pushed

__all__ = ["Inside"]


class Inside(ABC):
    """The part of a `HuggingFaceModel` that opens it. Nothing is looked for before it is asked for."""

    module: Any
    tokenizer: Any
    name: str
    head: Head
    batch_tokens: int
    changes: Mapping[str, tuple[Site, ...]] = {}
    """The sites that are changed at the moment, by a name that each call of `changed` has alone; none for weights."""

    @abstractmethod
    def encoding(self, text: Text, target: Target | None = None) -> Encoding:
        """What the model reads of a cut text, and where a target asks about it."""

    @abstractmethod
    def session(self) -> AbstractContextManager[None]:
        """One user at a time, in evaluation mode."""

    @cached_property
    def anatomy(self) -> dict[str, list[BlockParts]]:
        """What stands where in every block, by stack."""
        with self.session():
            return anatomy_of(self.module, self.name)

    @property
    def blocks(self) -> Mapping[str, Sequence[Block]]:
        """What the blocks of each stack have: see `core.protocols.WhiteBox`."""
        return {stack: [_block(parts) for parts in blocks] for stack, blocks in self.anatomy.items()}

    @cached_property
    def unembedding(self) -> Unembedding:
        """The way from the states behind the last block to the logits."""
        with self.session():
            return unembedding_of(self.module, self.name)

    @cached_property
    def behind(self) -> list[torch.nn.Module]:
        """The modules behind the last block: final norm, head."""
        with self.session():
            return behind_the_blocks(self.module, self.name)

    def place(self, site: Site) -> Place:
        """Where a site is in this model; refuses one that it does not have, with the reason."""
        return place_of(site, self.anatomy, self.module, self.name)

    def token_texts(self, ids: Sequence[int]) -> tuple[str, ...]:
        """Each of some tokens on its own, as text."""
        each = {i: displayed(self.tokenizer, [i])[0] for i in set(ids)}
        return tuple(each[i] for i in ids)

    def tokens(self, text: Text) -> tuple[str, ...]:
        """What stands at each position that a cut text is read at, as text."""
        return displayed(self.tokenizer, self.encoding(text).ids.tolist())

    def answer_positions(self, text: Text, target: Target) -> tuple[int, ...]:
        """Where each token of a resolved target's answer is read off: see `core.protocols`."""
        if self.head.closed:
            raise TargetImpossible(
                f"{self.name} answers with a label or a place of the text, and that is no token of its vocabulary: its "
                "states are not read as tokens. Use a model that writes or fills masks."
            )
        encoding = self.encoding(text, target)
        if self.head.continues:
            return tuple(len(encoding.ids) - 1 + i for i in range(len(target.ids)))
        begun = len(getattr(self.head, "start", ()))  # what a decoder reads before the answer
        return tuple(begun - 1 + i if begun else int(encoding.slots[i]) for i in range(len(target.ids)))

    def owners(self, text: Text) -> np.ndarray:
        """The feature that each position of a cut text belongs to, -1 for none, shape (position,)."""
        return self.encoding(text).feature_of

    @torch.no_grad()
    def output_weights(self, layer: int, stack: str = "") -> Tensor:
        """The output projection of a layer's attention by heads, shape (head, head width, width).

        It is asked for what it makes of unit vectors, so that it may be transposed, quantized or adapted.
        """
        place = self.place(Site("z", layer, stack=stack))  # type: ignore[arg-type]
        attention = self.anatomy[stack][layer].attention
        assert attention is not None, "a place in an attention is refused without one"
        width = attention.heads * attention.head_width
        with self.session():
            units = torch.eye(width, dtype=self.module.dtype, device=self.module.device)
            project = place.module.forward  # past the hooks: it may be asked for while a trace is being made
            rows = project(units) - project(units.new_zeros(1, width))
        return rows.unflatten(0, (attention.heads, attention.head_width))

    def trace(
        self,
        texts: Text | Sequence[Text],
        target: Target | None = None,
        *,
        read: Sequence[str | Site] = (),
        change: Mapping[str | Site, Change] | None = None,
        gradients: Sequence[str | Site] = (),
    ) -> HuggingFaceTrace:
        """Run cut texts once, and read, change or differentiate what passes at sites: see `core.protocols`."""
        texts = [texts] if isinstance(texts, Text) else list(texts)
        return traced(
            self,
            [self.encoding(text, target) for text in texts],
            target,
            read=[Site.parse(site) for site in read],
            change={Site.parse(site): what for site, what in (change or {}).items()},
            gradients=[Site.parse(site) for site in gradients],
        )

    def changed(self, change: Mapping[str | Site, Change]) -> AbstractContextManager[None]:
        """Inside a ``with``, this is another model: one that is changed at some sites, whatever is asked of it.

        ``change``: by site, a function of what passes there, as in `trace`. It holds in explain, evaluate, generate
        and value functions, which read rows padded, from known prefixes on, or token by token: so it has to treat
        every row and position alike. Changes of one position belong to `trace`. Explanations that are made
        inside have a fingerprint of their own. Afterwards, errors included, the model is as it was.
        """
        return changing(self, {Site.parse(site): what for site, what in change.items()})

    def randomized(self, blocks: int, *, seed: int = 0) -> AbstractContextManager[None]:
        """Inside a ``with``, the weights of the head and the last ``blocks`` blocks are shuffled: see `core.protocols`.

        Whatever is asked meanwhile is asked of that model, with a fingerprint of its own. Afterwards it is as it was.
        """
        return randomizing(self, blocks, seed)

    def noised(self, text: Text, radius: float, *, seed: int = 0) -> AbstractContextManager[None]:
        """Inside a ``with``, the tokens of a cut text's features are embedded nearby: see `core.protocols`."""
        encoding = self.encoding(text)
        return noising(self, encoding.ids[encoding.feature_of >= 0].tolist(), radius, seed)

    def sweep(
        self,
        text: Text,
        target: Target,
        patches: Sequence[Patch],
        source: Mapping[str | Site, Tensor],
        base: Mapping[str | Site, Tensor] | None = None,
    ) -> np.ndarray:
        """The target's outputs under each patch, float64, shape (patch, output): see `core.protocols`."""
        put, stand = (
            {Site.parse(site): tensor for site, tensor in numbers.items()} for numbers in (source, base or {})
        )
        return swept(self, self.encoding(text, target), target, patches, put, stand)

    def sweep_states(
        self, text: Text, target: Target, patches: Sequence[Patch], source: Mapping[str | Site, Tensor]
    ) -> Tensor:
        """The last states where the answer is said, shape (patch, T, width): see `core.protocols`."""
        if self.head.closed or "" not in self.anatomy:
            raise TargetImpossible(
                f"{self.name} says no token behind the last block of one stack: its last states are not asked for."
            )
        put = {Site.parse(site): tensor for site, tensor in source.items()}
        return swept_states(self, self.encoding(text, target), target, patches, put)

    def edges(self, clean: Text, corrupt: Text, target: Target, corrupt_target: Target) -> HuggingFaceEdges:
        """The edges between the parts of the model, for two texts of as many tokens: see `core.protocols`."""
        asked = self.encoding(clean, target), self.encoding(corrupt, corrupt_target)
        return HuggingFaceEdges(self, *asked, target)

    def unembed(self, states: Tensor) -> Tensor:
        """Logits, shape (..., vocabulary), of states behind the last block, shape (..., width).

        They have a gradient where the states ask for one.
        """
        with self.session(), torch.set_grad_enabled(torch.is_grad_enabled() and states.requires_grad):
            return self.unembedding(states.to(self.module.dtype))

    def readout(self, state: Tensor, target: Target) -> tuple[Tensor, float]:
        """The direction in which the target's logit reads a last state, and a constant: see `core.protocols`.

        It is the gradient of the logit where whatever a norm divides by is a constant, and a soft cap a factor.
        """
        leaf = state.detach().clone().requires_grad_(True)
        with self.session(), weights_fixed(self.module), torch.enable_grad(), RelevanceRules(0.0, Absorbed()):
            logits = self.unembedding(leaf[None, None].to(self.module.dtype))[0, 0].float()
            number = logits[target.ids[-1]]
            if target.against_ids:
                number = number - logits[target.against_ids[-1]]
        (direction,) = torch.autograd.grad(number, leaf)
        return direction, float(number.detach()) - float(direction.double() @ state.double())

    def pull(self, site: str | Site, numbers: Tensor, direction: Tensor) -> Tensor:
        """A direction of the residual stream as one of z or mlp_act: see `core.protocols`."""
        return pulled(self, Site.parse(site), numbers, direction)

    def push(self, site: str | Site, numbers: Tensor, parts: Tensor) -> Tensor:
        """What parts of z or mlp_act add to the residual stream, shape (part, width): see `core.protocols`."""
        return pushed(self, Site.parse(site), numbers, parts)


def _block(parts: BlockParts) -> Block:
    attention = parts.attention
    heads, kv_heads = (0, 0) if attention is None else (attention.heads, attention.kv_heads)
    return Block(heads, kv_heads, tuple(possible_points(parts)), parts.adds)
