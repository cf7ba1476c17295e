"""Token ids to readable text: each token for itself, and an answer as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["displayed", "written", "written_places"]

BROKEN = "\ufffd"  # what part of a character decodes to


def displayed(tokenizer: Any, ids: Sequence[int]) -> tuple[str, ...]:
    """Each token as readable text. Tokens that are parts of one character all show that character."""
    shown: list[str] = []
    waiting: list[int] = []
    for i in ids:
        waiting.append(i)
        piece = _behind(tokenizer, _whole_token(tokenizer, ids), waiting)
        if not piece.endswith(BROKEN):
            shown += [piece] * len(waiting)
            waiting = []
    return (*shown, *(tokenizer.convert_ids_to_tokens(i) for i in waiting))


def written(tokenizer: Any, ids: Sequence[int]) -> str:
    """The text of an answer where it follows something else, the space it begins with included."""
    return _behind(tokenizer, _whole_token(tokenizer, ids), ids)


def written_places(tokenizer: Any, ids: Sequence[int]) -> list[tuple[int, int]]:
    """The characters of `written` that each token stands for. Tokens that are parts of one all stand for it."""
    before = _whole_token(tokenizer, ids)
    found: list[tuple[int, int]] = []
    start = 0
    for number in range(1, len(ids) + 1):
        so_far = _behind(tokenizer, before, ids[:number])
        if not so_far.endswith(BROKEN) or number == len(ids):
            found += [(start, len(so_far))] * (number - len(found))
            start = len(so_far)
    return found


def _whole_token(tokenizer: Any, ids: Sequence[int]) -> list[int]:
    return [i for i in ids if not _decoded(tokenizer, [i]).endswith(BROKEN)][:1]


def _behind(tokenizer: Any, before: list[int], ids: Sequence[int]) -> str:
    """What ``ids`` decode to behind a whole token.

    Tokenizers that write a space as part of a word drop the one that a text begins with.
    """
    return _decoded(tokenizer, [*before, *ids]).removeprefix(_decoded(tokenizer, before))


def _decoded(tokenizer: Any, ids: Sequence[int]) -> str:
    return str(tokenizer.decode(list(ids), clean_up_tokenization_spaces=False))
