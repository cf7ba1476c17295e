"""Text to token ids, and which feature each token belongs to.

Features are removed on these ids, never by editing the string and tokenizing again: that would merge and
split the neighbours of what was removed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.core.errors import EmptyText, UnsupportedModel
from pellucid.core.text import Feature, Text, Unit

__all__ = ["Encoding", "cut", "displayed", "encode", "truncated"]

NO_FEATURE = -1
BROKEN = "\ufffd"  # what part of a character decodes to


@dataclass(frozen=True)
class Encoding:
    """A cut text as the model reads it.

    ``ids``: int64, shape (position,), special tokens included. ``feature_of``: the feature each position
    belongs to, -1 for what is never removed. ``types``: token type ids, for models that have them.
    ``slots``: positions of the mask tokens in the text, which a masked language model fills.
    """

    text: Text
    ids: np.ndarray
    feature_of: np.ndarray
    types: np.ndarray | None
    slots: np.ndarray

    @property
    def features(self) -> int:
        """How many features the text has."""
        return len(self.text.features)


@dataclass(frozen=True)
class _Tokens:
    ids: np.ndarray
    spans: list[tuple[int, int]]  # characters; (0, 0) for special tokens
    types: np.ndarray | None


def cut(tokenizer: Any, text: Text, unit: Unit, fixed: frozenset[int]) -> Text:
    """``text`` with its features, less those that own no token. ``fixed``: token ids that may not change."""
    tokens = _tokenize(tokenizer, text.string)
    if unit == "token":
        free = [
            s for i, s in zip(tokens.ids, tokens.spans, strict=True) if s[0] < s[1] and int(i) not in fixed
        ]
        return text.with_features("token", [Feature(*span) for span in free])
    proposed = text.cut(unit)
    owned = set(_owners(tokens, proposed, fixed).tolist())
    features = tuple(f for i, f in enumerate(proposed.features) if i in owned)
    if not features:
        raise EmptyText("No feature of the text becomes a token of this model")
    return replace(proposed, features=features)


def encode(tokenizer: Any, text: Text, fixed: frozenset[int]) -> Encoding:
    """The encoding of a text that `cut` has given its features."""
    tokens = _tokenize(tokenizer, text.string)
    mask = tokenizer.mask_token_id
    slots = np.flatnonzero(tokens.ids == (-1 if mask is None else mask))
    return Encoding(text, tokens.ids, _owners(tokens, text, fixed), tokens.types, slots)


def truncated(tokenizer: Any, text: Text, limit: int, *, keep_end: bool) -> Text:
    """``text`` cut to at most ``limit`` tokens, losing its beginning (``keep_end``) or its end."""
    start, end = 0, len(text.string)
    while True:
        tokens = _tokenize(tokenizer, text.string[start:end])
        excess = len(tokens.ids) - limit
        if excess <= 0:
            return _slice(text, start, end)
        spans = [s for s in tokens.spans if s[0] < s[1]]
        if excess >= len(spans):
            raise EmptyText(f"Nothing of the text fits into {limit} tokens")
        if keep_end:
            start += spans[excess][0]
        else:
            end = start + spans[-excess - 1][1]


def displayed(tokenizer: Any, ids: tuple[int, ...]) -> tuple[str, ...]:
    """Each token as readable text. Tokens that are parts of one character all show that character."""
    # Tokenizers that write spaces as part of a word drop the space of the first one they decode, so every
    # piece is read off behind a whole token that is dropped again.
    anchor = [i for i in ids if not tokenizer.decode([i]).endswith(BROKEN)][:1]
    before = tokenizer.decode(anchor)
    shown: list[str] = []
    waiting: list[int] = []
    for i in ids:
        waiting.append(i)
        piece = tokenizer.decode(anchor + waiting).removeprefix(before)
        if not piece.endswith(BROKEN):
            shown += [piece] * len(waiting)
            waiting = []
    return (*shown, *(tokenizer.convert_ids_to_tokens(i) for i in waiting))


def _tokenize(tokenizer: Any, string: str) -> _Tokens:
    if not getattr(tokenizer, "is_fast", False):
        raise UnsupportedModel(
            getattr(tokenizer, "name_or_path", "this tokenizer"),
            "a fast tokenizer (one that gives character offsets)",
            "Convert it with the tokenizers library, or pass a fast one: load((model, tokenizer)).",
        )
    found = tokenizer(string, return_offsets_mapping=True, return_special_tokens_mask=True, verbose=False)
    special = found["special_tokens_mask"]
    spans = [
        (0, 0) if s else (int(a), int(b)) for s, (a, b) in zip(special, found["offset_mapping"], strict=True)
    ]
    types = found.get("token_type_ids")
    return _Tokens(
        np.asarray(found["input_ids"], np.int64), spans, None if types is None else np.asarray(types)
    )


def _owners(tokens: _Tokens, text: Text, fixed: frozenset[int]) -> np.ndarray:
    """The feature of each token: where most of its visible characters lie; a blank token joins the next word."""
    if text.unit == "token":
        return _token_owners(tokens, text, fixed)
    starts = np.array([f.start for f in text.features])
    ends = np.array([f.end for f in text.features])
    owners = np.full(len(tokens.ids), NO_FEATURE)
    for position, ((start, end), i) in enumerate(zip(tokens.spans, tokens.ids, strict=True)):
        if start == end or int(i) in fixed:
            continue
        blank = text.string[start:end].isspace()
        if blank:
            start, end = _next_visible(text.string, end)
        else:
            start += len(text.string[start:end]) - len(text.string[start:end].lstrip())
        if text.is_frozen(start, end):
            continue
        overlap = np.minimum(ends, end) - np.maximum(starts, start)
        best = int(overlap.argmax())
        if overlap[best] > 0:
            owners[position] = best
    return owners


def _token_owners(tokens: _Tokens, text: Text, fixed: frozenset[int]) -> np.ndarray:
    """Every free token is its own feature, in order, so tokens that share characters stay apart."""
    owners = np.full(len(tokens.ids), NO_FEATURE)
    feature = 0
    for position, ((start, end), i) in enumerate(zip(tokens.spans, tokens.ids, strict=True)):
        if start < end and int(i) not in fixed and not text.is_frozen(start, end):
            owners[position] = feature
            feature += 1
    if feature != len(text.features):
        raise ValueError("The text was cut into tokens by another tokenizer.")
    return owners


def _next_visible(string: str, at: int) -> tuple[int, int]:
    while at < len(string) and string[at].isspace():
        at += 1
    return at, min(at + 1, len(string))


def _slice(text: Text, start: int, end: int) -> Text:
    """The text of ``string[start:end]``, with the frozen ranges and features that remain in it."""

    def moved(a: int, b: int) -> tuple[int, int]:
        return max(a, start) - start, min(b, end) - start

    features = [
        Feature(*moved(f.start, f.end), f.name) for f in text.features if f.start < end and start < f.end
    ]
    frozen = [moved(a, b) for a, b in text.frozen if a < end and start < b]
    return Text(text.string[start:end], text.unit, tuple(features), tuple(frozen))
