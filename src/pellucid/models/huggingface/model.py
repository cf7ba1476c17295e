"""A Hugging Face model as Pellucid sees it: every step of the ladder of access, on the model as it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from pellucid.core.chat import Message
from pellucid.core.errors import BadOption, EmptyText, TargetImpossible, TextTooLong
from pellucid.core.protocols import Ablation, Relevance
from pellucid.core.target import Target
from pellucid.core.text import UNITS, Text, Unit
from pellucid.models.huggingface import fingerprint
from pellucid.models.huggingface.ablation import chosen_ablation, removal_of
from pellucid.models.huggingface.attention_gradients import HuggingFaceAttentionGradients
from pellucid.models.huggingface.chat import rendered
from pellucid.models.huggingface.context import context_of
from pellucid.models.huggingface.embeddings import Means, means_of
from pellucid.models.huggingface.encode import Encoding, Reader, check_fast, cut, encode, read, truncated
from pellucid.models.huggingface.gradients import HuggingFaceGradients
from pellucid.models.huggingface.heads import head_of
from pellucid.models.huggingface.inside import Inside
from pellucid.models.huggingface.layer_gradients import HuggingFaceLayerGradients
from pellucid.models.huggingface.memo import Memo
from pellucid.models.huggingface.proposals import proposer_of
from pellucid.models.huggingface.relevance import HuggingFaceRelevance
from pellucid.models.huggingface.span import placed_span, places
from pellucid.models.huggingface.value import HuggingFaceValue

__all__ = ["HuggingFaceModel"]

# Tokens of one batch before it runs out of memory and is halved.
BATCH_TOKENS = {"cpu": 4096, "cuda": 32768}
# Of a model's own answer in a chat: enough to see what it sets out to say.
TURN_TOKENS = 32


class HuggingFaceModel(Inside):
    """A `WhiteBox` over an unchanged transformers model and its tokenizer.

    ``name`` is what the user called it; ``files`` the fingerprint of its weight files, if it came from files;
    ``context`` the most tokens it reads, or None where its positions have no end. ``infill`` is another language
    model with the same tokens, which proposes what could stand in place of a removed feature.
    """

    def __init__(
        self,
        module: Any,
        tokenizer: Any,
        name: str,
        files: str | None = None,
        infill: HuggingFaceModel | None = None,
    ) -> None:
        self.module, self.tokenizer, self.name = module, tokenizer, name
        check_fast(tokenizer, name)
        self.head = head_of(module, tokenizer, name)
        self.context = context_of(module)
        self.memo = Memo()
        self.proposer = proposer_of(self, infill)
        self._means: tuple[str, Means] = ("", [])
        self.batch_tokens = BATCH_TOKENS.get(module.device.type, BATCH_TOKENS["cuda"])
        self._lock = threading.RLock()
        self._reader = partial(read, tokenizer, closed=not self.head.continues)
        self._files, self._loaded = files, fingerprint.of_module(module)
        self._known = (self.state, self._loaded)

    @property
    def state(self) -> str:
        """A cheap hash of the weights as they are now, and what is changed inside."""
        return "+".join([fingerprint.state_of(self.module), *self.changes])

    @property
    def fingerprint(self) -> str:
        """The hash of the weight files while the weights are still those, else that of the live weights.

        Of a model that is changed inside, followed by the changes' own names.
        """
        state, now = self._known
        if fingerprint.state_of(self.module) != state:
            now = fingerprint.of_module(self.module)
            self._known = (fingerprint.state_of(self.module), now)
        weights = self._files if self._files is not None and now == self._loaded else now
        return "+".join([weights, *self.changes])

    @property
    def means(self) -> Means:
        """The mean of the vocabulary at each layer that embeds the text, for `embeddings.averaging`."""
        state = self.state
        if self._means[0] != state:
            self._means = (state, means_of(self.module))
        return self._means[1]

    @property
    def continues(self) -> bool:
        """Whether an answer stands behind the text, as part of it (a label or a translation does not)."""
        return self.head.continues

    @property
    def dtype(self) -> str:
        """What the weights are kept in, e.g. float32."""
        return str(self.module.dtype).removeprefix("torch.")

    @property
    def device(self) -> str:
        """Where the model runs."""
        return str(self.module.device)

    @property
    def vocabulary(self) -> int:
        """How many logits a position has."""
        return int(self.module.config.get_text_config().vocab_size)

    @property
    def start_id(self) -> int | None:
        """The token that stands for an empty text."""
        tokenizer, config = self.tokenizer, self.module.config.get_text_config()
        begins = (tokenizer.bos_token_id, getattr(config, "bos_token_id", None))
        candidates = (*begins, tokenizer.eos_token_id, tokenizer.pad_token_id)
        return next((i for i in candidates if i is not None), None)

    def cut(
        self,
        text: str | Text,
        unit: Unit | None = None,
        *,
        truncate: bool = False,
        target: Target | None = None,
    ) -> Text:
        """The text with its features.

        ``truncate`` drops what does not fit beside ``target`` (the beginning, where the answer continues the
        text, else the end).
        """
        text = Text.of(text)
        unit = unit or text.unit
        if unit not in UNITS:
            raise BadOption(f'unit="{unit}" is not known. Units: {", ".join(UNITS)}.')
        if not text.string.strip():
            raise EmptyText
        if text.seam is not None and not self.head.pairs:
            raise BadOption(
                f"{self.name} reads one text, and this one has two parts. Put them into one, with the words between "
                'them that it knows: Text.from_template("{first} ... {second}", first="...", second="...").'
            )
        if text.turns is not None and truncate:
            raise BadOption("A chat is read whole, or its template would be cut: leave out messages instead.")
        with self._lock:  # a tokenizer cannot be used by two threads at once
            if self.context is not None and truncate:
                limit = self._room_for_text(self.context, target or Target())
                text = truncated(self._reader, text, limit, keep_end=self.head.continues)
            return cut(self._reads(text), text, unit, self._fixed)

    def chat(self, messages: Sequence[Message]) -> tuple[Text, str | None]:
        """Messages as the model's chat template writes them, and the answer that they hold already, or None.

        A message is ``{"role": ..., "content": ...}``, its content a string or a `Text` of one part. The template is
        frozen. Of a model that writes, a last message of the assistant is the answer; one that gives labels
        reads every message. Raises `BadOption` where the template refuses, leaves out or changes a message.
        """
        with self._lock:
            writes = self.continues or hasattr(self.head, "start")
            return rendered(self.tokenizer, self.name, messages, writes=writes)

    def generate(self, texts: Sequence[str], *, max_tokens: int = 64) -> list[str]:
        """The greedy continuation of each text (a classifier's label)."""
        with self.session():
            cuts = [self.encoding(self.cut(t, "token"), Target()) for t in texts]
            return [self.head.written(e, self._own_answer(e, max_tokens)) for e in cuts]

    def resolve(self, text: Text, target: Target) -> Target:
        """The target with answer, scale, ids and outputs filled in."""
        if target.span is not None and self.head.closed:
            raise TargetImpossible(
                f"{self.name} answers with a label or a place of the text, which is one thing: leave out span. "
                "Spans are for models that write."
            )
        with self.session():
            encoding = self.encoding(text)
            self._check_length(len(encoding.ids))
            encoding = self.head.placed(encoding, target)
            if target.answer is None:
                ids = self._own_answer(encoding, target.answer_tokens)
            else:
                ids = self._ids(encoding, target, target.answer)
            anywhere = replace(encoding, at=None)
            against = () if target.against is None else self.head.answer(anywhere, target.against)
            outputs, written = self.head.outputs(ids), self.head.written(encoding, ids)
            at = self.head.at(encoding, ids)
        if ids == against:
            raise TargetImpossible(f"The target and what it is compared against are both {target.against!r}.")
        self._check_length(max(self._longest(len(encoding.ids), a) for a in (ids, against or ids)))
        answer = written if target.answer is None or self.head.closed else target.answer
        scale = target.scale or self.head.scale
        target = replace(target, answer=answer, scale=scale, at=at, outputs=outputs)
        return self._at_span(text, replace(target, ids=ids, against_ids=against))

    def value(self, text: Text, target: Target, ablate: Ablation | None = None) -> HuggingFaceValue:
        """The value function of a cut text and a resolved target; ``ablate`` None is `chosen_ablation`'s choice."""
        encoding = self.encoding(text, _resolved(target))
        chosen = chosen_ablation(self, encoding, ablate)
        removal = removal_of(self, self._reads(text), encoding, chosen)
        answers = (target.ids, target.against_ids or target.ids)
        if chosen == "baseline":  # the one way in which a text becomes longer
            self._check_length(max(self._longest(removal.longest, answer) for answer in answers))
        return HuggingFaceValue(self, target, removal)

    def gradients(self, text: Text, target: Target, *, layer: int | None = None) -> HuggingFaceGradients:
        """Gradients of a resolved target at the embeddings of a cut text, or behind ``layer`` blocks."""
        if layer is None:
            return HuggingFaceGradients(self, self.encoding(text, _resolved(target)), target)
        return HuggingFaceLayerGradients(self, self.encoding(text, _resolved(target)), target, layer)

    def relevance(
        self, text: Text, target: Target, *, attention: Literal["products", "constant"], epsilon: float = 0.0
    ) -> Relevance:
        """Layer-wise relevance propagation of a resolved target to a cut text: see `core.protocols`."""
        target.check_slope()
        encoding = self.encoding(text, _resolved(target))
        return HuggingFaceRelevance(self, encoding, target, attention, epsilon).relevance()

    def attention_gradients(
        self, text: Text, target: Target, read: Callable[[Tensor, Tensor], Tensor]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Attention to a cut text with a resolved target's gradients there: see `core.protocols`."""
        target.check_slope()
        return HuggingFaceAttentionGradients(self, self.encoding(text, _resolved(target)), target).by_key(
            read
        )

    def _ids(self, encoding: Encoding, target: Target, answer: str) -> tuple[int, ...]:
        """The ids of an answer: those it has been resolved to, where they still spell it out.

        A model may write an answer in other tokens than its tokenizer reads it in.
        """
        known = target.ids
        a_mask_each = len(encoding.slots) in (0, len(known))
        fits = known and not self.head.closed and a_mask_each
        if fits and max(known) < len(self.tokenizer) and self.head.written(encoding, known) == answer:
            return known
        return self.head.answer(encoding, answer)

    def _at_span(self, text: Text, target: Target) -> Target:
        """A target with its answer and ids, at its span; all of it without one."""
        if target.span is None or target.answer is None:
            return replace(target, span_tokens=None)
        with self._lock:
            where = places(self.tokenizer, text.string, target.answer, target.ids, self.name)
        span, tokens = placed_span(target.answer, target.span, where, self.name)
        return replace(target, span=span, span_tokens=tokens, outputs=target.outputs[slice(*tokens)])

    @contextmanager
    def session(self) -> Iterator[None]:
        """One user at a time, in evaluation mode, without autocast; as it was afterwards."""
        with self._lock, torch.autocast(self.module.device.type, enabled=False):
            training = [m for m in self.module.modules() if m.training]
            self.module.eval()
            try:
                yield
            finally:
                for module in training:  # one by one: parts of a model in training may be frozen
                    module.training = True

    @contextmanager
    def afresh(self) -> Iterator[None]:
        """As if nothing had been asked before, so that what is done inside costs what it costs alone.

        Afterwards all is known again, and what was asked inside too.
        """
        with self._lock:
            known, self.memo = self.memo, Memo()
            try:
                yield
            finally:
                known.take(self.memo)
                self.memo = known

    @property
    def _fixed(self) -> frozenset[int]:
        """Tokens that are never perturbed wherever they stand: special ones, unless they stand for words."""
        tokenizer = self.tokenizer
        roles = ("bos", "eos", "sep", "cls", "pad", "mask")
        unknown = {tokenizer.unk_token_id} - {getattr(tokenizer, f"{role}_token_id") for role in roles}
        return frozenset(tokenizer.all_special_ids) - unknown

    def encoding(self, text: Text, target: Target | None = None) -> Encoding:
        """What the model reads of a cut text, and where a target asks about it."""
        with self._lock:
            encoding = encode(self._reads(text), text, self._fixed, self.tokenizer.mask_token_id)
            return encoding if target is None else self.head.placed(encoding, target)

    def _reads(self, text: Text) -> Reader:
        """How a text is read: the template of a chat has written its special tokens already."""
        return partial(self._reader, complete=text.turns is not None)

    def _longest(self, text: int, answer: tuple[int, ...]) -> int:
        """The length of the longest row that is read for a text of so many tokens, in encoder or decoder."""
        start = getattr(self.head, "start", ())
        return max(text + self.head.extra_tokens(answer), len(start) + len(answer) - 1 if start else 0)

    def _own_answer(self, encoding: Encoding, tokens: int | None) -> tuple[int, ...]:
        """The model's own answer, of as many tokens as were asked for and fit."""
        tokens = tokens or (
            TURN_TOKENS if self.continues and encoding.text.turns is not None else self.head.own_tokens
        )
        if self.context is not None:
            tokens -= max(0, self._longest(len(encoding.ids), (0,) * tokens) - self.context)
        return self.head.own_answer(encoding, tokens)

    def _room_for_text(self, context: int, target: Target) -> int:
        """How many tokens of text fit beside a target that has not been resolved."""
        if not self.head.continues:
            return context
        own = target.answer_tokens or self.head.own_tokens if target.answer is None else 1
        # At the seam with the text an answer may take a token more than alone.
        answers = [len(self._reader(a).ids) + 1 for a in (target.answer, target.against) if a is not None]
        room = context - self.head.extra_tokens((0,) * max(own, *answers, 1))
        if room < 1:
            raise TextTooLong(1 + context - room, context, self.name)
        return room

    def _check_length(self, tokens: int) -> None:
        if self.context is not None and tokens > self.context:
            raise TextTooLong(tokens, self.context, self.name)


def _resolved(target: Target) -> Target:
    if not target.resolved:
        raise ValueError("The target is not resolved: call model.resolve(text, target) first.")
    return target
