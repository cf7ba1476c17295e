"""A Hugging Face model as Pellucid sees it: every step of the ladder of access, on the model as it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch

from pellucid.core.errors import AblationImpossible, BadOption, EmptyText, TargetImpossible, TextTooLong
from pellucid.core.protocols import ABLATIONS, Ablation
from pellucid.core.target import Target
from pellucid.core.text import UNITS, Text, Unit
from pellucid.models.huggingface import fingerprint
from pellucid.models.huggingface.encode import Encoding, cut, encode, truncated
from pellucid.models.huggingface.gradients import HuggingFaceGradients
from pellucid.models.huggingface.heads import head_of
from pellucid.models.huggingface.memo import Memo
from pellucid.models.huggingface.value import HuggingFaceValue

__all__ = ["HuggingFaceModel"]

# Tokens of one batch before it runs out of memory and is halved.
BATCH_TOKENS = {"cpu": 4096, "cuda": 32768}


class HuggingFaceModel:
    """A `WhiteBox` over an unchanged transformers model and its tokenizer.

    ``name`` is what the user called it; ``files`` the fingerprint of its weight files, if it came from files.
    """

    def __init__(self, module: Any, tokenizer: Any, name: str, files: str | None = None) -> None:
        self.module, self.tokenizer, self.name = module, tokenizer, name
        self.head = head_of(module, tokenizer, name)
        self.memo = Memo()
        self.batch_tokens = BATCH_TOKENS.get(module.device.type, BATCH_TOKENS["cuda"])
        self._lock = threading.RLock()
        self._files, self._loaded = files, fingerprint.of_module(module)
        self._known = (self.state, self._loaded)

    @property
    def state(self) -> str:
        """A cheap hash of the weights as they are now."""
        return fingerprint.state_of(self.module)

    @property
    def fingerprint(self) -> str:
        """The hash of the weight files while the weights are still those, else that of the live weights."""
        state, now = self._known
        if self.state != state:
            now = fingerprint.of_module(self.module)
            self._known = (self.state, now)
        return self._files if self._files is not None and now == self._loaded else now

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

    @property
    def context(self) -> int | None:
        """The most tokens it reads, or None where its positions have no end."""
        config = self.module.config.get_text_config()
        positions = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
        if config.model_type in ("t5", "mt5", "umt5", "bloom") or not positions:
            return None  # relative positions: n_positions was the length in training
        if config.model_type in ("roberta", "xlm-roberta", "camembert"):
            return positions - config.pad_token_id - 1  # positions start after the padding id
        return int(positions)

    def cut(self, text: str | Text, unit: Unit | None = None, *, truncate: bool = False) -> Text:
        """The text with its features. ``truncate`` drops what does not fit (a writer keeps the end)."""
        text = Text.of(text)
        unit = unit or text.unit
        if unit not in UNITS:
            raise BadOption(f'unit="{unit}" is not known. Units: {", ".join(UNITS)}.')
        if not text.string.strip():
            raise EmptyText
        if self.context is not None and truncate:
            text = truncated(self.tokenizer, text, self.context, keep_end=self.head.keep_end)
        return cut(self.tokenizer, text, unit, self._fixed)

    def generate(self, texts: Sequence[str], *, max_tokens: int = 64) -> list[str]:
        """The greedy continuation of each text (a classifier's label)."""
        with self.session():
            return [
                "".join(self.head.outputs(self.head.own_answer(self._plain(t), max_tokens))) for t in texts
            ]

    def resolve(self, text: Text, target: Target) -> Target:
        """The target with answer, scale, ids and outputs filled in."""
        with self.session():
            encoding = encode(self.tokenizer, text, self._fixed)
            self._check_length(len(encoding.ids))
            if target.answer is None:
                ids = self.head.own_answer(encoding, target.answer_tokens)
            else:
                ids = self.head.answer(encoding, target.answer)
            against = () if target.against is None else self.head.answer(encoding, target.against)
        if ids == against:
            raise TargetImpossible(f"The target and what it is compared against are both {target.against!r}.")
        extra = max(self.head.extra_tokens(a) for a in (ids, against or ids))
        self._check_length(len(encoding.ids) + extra)
        outputs = self.head.outputs(ids)
        written = "".join(outputs) if target.answer is None or self.head.closed else target.answer
        scale = target.scale or self.head.scale
        return replace(target, answer=written, scale=scale, outputs=outputs, ids=ids, against_ids=against)

    def value(self, text: Text, target: Target, ablate: Ablation | None = None) -> HuggingFaceValue:
        """The value function of a cut text and a resolved target; ``ablate`` None is the head's, or else delete."""
        impossible = self._impossible_ablations()
        ablate = ablate or ("delete" if self.head.ablate in impossible else self.head.ablate)
        self._check_ablation(ablate, impossible)
        return HuggingFaceValue(self, encode(self.tokenizer, text, self._fixed), target, ablate)

    def gradients(self, text: Text, target: Target) -> HuggingFaceGradients:
        """Gradients of a resolved target at the input embeddings of a cut text."""
        return HuggingFaceGradients(self, encode(self.tokenizer, text, self._fixed), target)

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

    @property
    def _fixed(self) -> frozenset[int]:
        """Tokens that are never perturbed wherever they stand: special ones, unless they stand for words."""
        tokenizer = self.tokenizer
        roles = ("bos", "eos", "sep", "cls", "pad", "mask")
        unknown = {tokenizer.unk_token_id} - {getattr(tokenizer, f"{role}_token_id") for role in roles}
        return frozenset(tokenizer.all_special_ids) - unknown

    def _plain(self, text: str) -> Encoding:
        return encode(self.tokenizer, self.cut(text, "token"), self._fixed)

    def _check_length(self, tokens: int) -> None:
        if self.context is not None and tokens > self.context:
            raise TextTooLong(tokens, self.context, self.name)

    def _impossible_ablations(self) -> dict[str, str]:
        """The ways of removing a feature that this model cannot do, and why."""
        why = {}
        if self.tokenizer.mask_token_id is None:
            why["mask"] = "its tokenizer has no mask token"
        if self.head.together == "equal":
            why["attention"] = "its positions follow the attention mask"
        return why

    def _check_ablation(self, ablate: str, impossible: dict[str, str]) -> None:
        if ablate not in ABLATIONS:
            raise BadOption(
                f'ablate="{ablate}" is not known. Ways to remove a feature: {", ".join(ABLATIONS)}.'
            )
        if ablate in impossible:
            possible = [a for a in ABLATIONS if a not in impossible]
            raise AblationImpossible(ablate, self.name, impossible[ablate], possible)
