"""Text to token ids, and which feature each token belongs to.

Features are removed on these ids, never by editing the string and tokenizing again: that would merge and
split the neighbours of what was removed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from pellucid.core.errors import EmptyText, UnsupportedModel
from pellucid.core.text import Feature, Text, Unit

__all__ = ["Encoding", "Reader", "Tokens", "check_fast", "continuation", "cut", "encode", "read", "truncated"]

NO_FEATURE = -1


@dataclass(frozen=True)
class Tokens:
    """What a tokenizer makes of a string: ids, the characters each stands for, token types.

    ``spans`` are (0, 0) for the special tokens that a tokenizer adds; a token of no character of its own (a
    space that is counted to the next word) has an empty span too.
    """

    ids: np.ndarray
    spans: list[tuple[int, int]]
    types: np.ndarray | None


class Reader(Protocol):
    """A tokenizer that reads a string, or the two of a pair: see `read`."""

    def __call__(self, string: str, seam: int | None = None) -> Tokens:
        """The tokens of a string."""
        ...


@dataclass(frozen=True)
class Encoding:
    """A cut text as the model reads it.

    ``ids``: int64, shape (position,), special tokens included. ``feature_of``: the feature each position
    belongs to, -1 for what is never removed. ``types``: token type ids, for models that have them.
    ``slots``: the positions that the head looks at, which are the mask tokens of the text unless it says otherwise.
    ``spans``: the characters each position stands for, (0, 0) for special tokens. ``at``: the range of characters
    the answer is about, where it has one; ``needed``: the positions without which there is no such answer.
    """

    text: Text
    ids: np.ndarray
    feature_of: np.ndarray
    types: np.ndarray | None
    slots: np.ndarray
    spans: tuple[tuple[int, int], ...] = ()
    at: tuple[int, int] | None = None
    needed: tuple[int, ...] = ()

    @property
    def features(self) -> int:
        """How many features the text has."""
        return len(self.text.features)

    def visible(self, position: int) -> tuple[int, int]:
        """The characters of a token without the blank ones it begins with."""
        return _visible(self.text.string, self.spans[position])

    def tokens_of(self, part: tuple[int, int]) -> list[int]:
        """The positions of the tokens that stand for any character of a range, in order."""
        low, high = part
        spans = [self.visible(position) for position in range(len(self.spans))]
        return [position for position, (a, b) in enumerate(spans) if max(a, low) < min(b, high)]


def read(
    tokenizer: Any, string: str, seam: int | None = None, *, closed: bool, complete: bool = False
) -> Tokens:
    """The tokens of a string; ``closed`` keeps the special tokens that the tokenizer ends a text with.

    A model that continues a text is not asked behind an end-of-text that the tokenizer put there. With a ``seam``
    what stands before and behind it is read as the tokenizer reads a pair; spans are of the one string all the same.
    A ``complete`` string holds its special tokens already, as a chat does: none are added.
    """
    strings = (string,) if seam is None else (string[: seam - 1], string[seam:])
    found = tokenizer(
        *strings,
        add_special_tokens=not complete,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        verbose=False,
    )
    added = found["special_tokens_mask"]
    end = len(added)
    while not closed and end > 1 and added[end - 1]:
        end -= 1
    moved = [(seam or 0) if sequence == 1 else 0 for sequence in found.sequence_ids()]
    spans = [
        (0, 0) if s else (int(a) + m, int(b) + m)
        for s, m, (a, b) in zip(added, moved, found["offset_mapping"], strict=True)
    ]
    types = found.get("token_type_ids")
    ids = np.asarray(found["input_ids"][:end], np.int64)
    return Tokens(ids, spans[:end], None if types is None else np.asarray(types[:end]))


def check_fast(tokenizer: Any, name: str) -> None:
    """Refuse a tokenizer that cannot say which characters a token stands for."""
    if not getattr(tokenizer, "is_fast", False):
        raise UnsupportedModel(
            name,
            f"a fast tokenizer (one that gives character offsets); found {type(tokenizer).__name__}",
            "Convert it with the tokenizers library, or pass a fast one: load((model, tokenizer)).",
        )


def cut(reader: Reader, text: Text, unit: Unit, fixed: frozenset[int]) -> Text:
    """``text`` with its features, less those that own no token. ``fixed``: token ids that may not change."""
    tokens = reader(text.string, text.seam)
    if unit == "token":
        return text.with_features("token", [Feature(*span) for _, span in _free(tokens, text, fixed)])
    proposed = text.cut(unit)
    owned = set(_word_owners(tokens, proposed, fixed).tolist())
    features = tuple(f for i, f in enumerate(proposed.features) if i in owned)
    if not features:
        raise EmptyText("No feature of the text becomes a token of this model")
    return replace(proposed, features=features)


def encode(reader: Reader, text: Text, fixed: frozenset[int], mask: int | None) -> Encoding:
    """The encoding of a text that `cut` has given its features; ``mask``: the id of the mask token."""
    tokens = reader(text.string, text.seam)
    slots = np.flatnonzero(tokens.ids == (-1 if mask is None else mask))
    owners = _token_owners if text.unit == "token" else _word_owners
    return Encoding(text, tokens.ids, owners(tokens, text, fixed), tokens.types, slots, tuple(tokens.spans))


def truncated(reader: Reader, text: Text, limit: int, *, keep_end: bool) -> Text:
    """``text`` cut to at most ``limit`` tokens, losing its beginning (``keep_end``) or its end.

    Of a pair only the second part is cut: a question or a premise is read whole.
    """
    start, end = 0, len(text.string)
    while True:
        tokens = reader(text.string[start:end], text.seam)
        excess = len(tokens.ids) - limit
        if excess <= 0:
            return _slice(text, start, end)
        spans = [s for s in tokens.spans if (text.seam or 0) <= s[0] < s[1]]
        if excess >= len(spans):
            raise EmptyText(f"Nothing of the text fits into {limit} tokens")
        # Tokens may share a character; then it goes too, so that every round takes something away.
        if keep_end:
            first, last = spans[excess]
            start += first or last
        else:
            first, last = spans[-excess - 1]
            end = start + (last if start + last < end else first)


def continuation(reader: Reader, text: str, wanted: str) -> tuple[int, ...]:
    """The ids of ``wanted`` where it follows ``text``; none if it has none.

    They are what text + wanted has more than the text. Where the two merge at the seam, ``wanted`` is read
    behind a line break instead: some tokenizers put a space before a string that stands alone.
    """
    for before in (text, "\n"):
        alone, together = reader(before).ids.tolist(), reader(before + wanted).ids.tolist()
        if together[: len(alone)] == alone and len(together) > len(alone):
            return tuple(together[len(alone) :])
    tokens = reader(wanted)
    return tuple(i for i, span in zip(tokens.ids.tolist(), tokens.spans, strict=True) if span != (0, 0))


def _free(tokens: Tokens, text: Text, fixed: frozenset[int]) -> list[tuple[int, tuple[int, int]]]:
    """Position and characters of each token that may be removed on its own.

    A token is frozen if its visible characters are; blank ones in front that are frozen are not its own.
    """
    found = []
    for position, (i, span) in enumerate(zip(tokens.ids.tolist(), tokens.spans, strict=True)):
        if span[0] == span[1] or i in fixed:
            continue
        visible = _visible(text.string, span)
        if not text.is_frozen(*visible):
            found.append((position, visible if text.is_frozen(*span) else span))
    return found


def _word_owners(tokens: Tokens, text: Text, fixed: frozenset[int]) -> np.ndarray:
    """The feature of each token: where most of its visible characters lie. A blank token joins the next one."""
    starts = np.array([f.start for f in text.features])
    ends = np.array([f.end for f in text.features])
    owners = np.full(len(tokens.ids), NO_FEATURE)
    for position, (span, i) in reversed(list(enumerate(zip(tokens.spans, tokens.ids.tolist(), strict=True)))):
        start, end = _visible(text.string, span)
        if end == 0 or i in fixed or text.is_frozen(start, end):
            continue
        if not text.string[start:end].strip():
            owners[position] = _behind(owners, position, tokens, text)
            continue
        overlap = np.minimum(ends, end) - np.maximum(starts, start)
        best = int(overlap.argmax())
        if overlap[best] > 0:
            owners[position] = best
    return owners


def _token_owners(tokens: Tokens, text: Text, fixed: frozenset[int]) -> np.ndarray:
    """Every free token is its own feature, in order, so tokens that share characters stay apart.

    A token of no character of its own goes with the one behind it.
    """
    free = [position for position, _ in _free(tokens, text, fixed)]
    if len(free) != len(text.features):
        raise ValueError("The text is not cut into the tokens of this model: call model.cut(text) first.")
    owners = np.full(len(tokens.ids), NO_FEATURE)
    owners[free] = np.arange(len(free))
    for position, (start, end) in reversed(list(enumerate(tokens.spans))):
        if start == end > 0:
            owners[position] = _behind(owners, position, tokens, text)
    return owners


def _behind(owners: np.ndarray, position: int, tokens: Tokens, text: Text) -> int:
    """The feature of the next token, if there is one, and in the same part of a pair."""
    if position + 1 == len(owners):
        return NO_FEATURE
    here, there = tokens.spans[position][0], tokens.spans[position + 1][0]
    crosses = text.seam is not None and here < text.seam <= there
    return NO_FEATURE if crosses else int(owners[position + 1])


def _visible(string: str, span: tuple[int, int]) -> tuple[int, int]:
    """The span without the blank characters it begins with; a blank one as it is."""
    start, end = span
    blank = len(string[start:end]) - len(string[start:end].lstrip())
    return (start, end) if blank == end - start else (start + blank, end)


def _slice(text: Text, start: int, end: int) -> Text:
    """The text of ``string[start:end]``, with the frozen ranges and features that remain in it."""

    def moved(a: int, b: int) -> tuple[int, int]:
        return max(a, start) - start, min(b, end) - start

    features = [
        Feature(*moved(f.start, f.end), f.name, f.baselines)
        for f in text.features
        if f.start < end and start < f.end
    ]
    frozen = [moved(a, b) for a, b in text.frozen if a < end and start < b]
    return Text(text.string[start:end], text.unit, tuple(features), tuple(frozen), text.seam)
