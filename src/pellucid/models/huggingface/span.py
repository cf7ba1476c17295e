"""A span of an answer: from words, or a range of characters, to a range of the answer's tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.models.huggingface.decode import written, written_places

__all__ = ["placed_span", "places"]

Range = tuple[int, int]


def placed_span(answer: str, span: str | Range, where: Sequence[Range], model: str) -> tuple[Range, Range]:
    """The characters of a span of an answer, whole tokens of it, and the range of those tokens.

    ``where``: the characters each token stands for. A token belongs to the span if they share a character that can
    be seen. Raises `BadOption` for a span that is not there, or there twice.
    """
    start, end = _characters(answer, span)
    blank = not answer[start:end].strip()
    inside = [
        number
        for number, (a, b) in enumerate(where)
        if max(a, start) < min(b, end) and (blank or answer[max(a, start) : min(b, end)].strip())
    ]
    if not inside:
        raise TargetImpossible(f"{answer[start:end]!r} of the answer {answer!r} becomes no token of {model}.")
    low, high = where[inside[0]][0], where[inside[-1]][1]
    if not blank:
        low += len(answer[low:high]) - len(answer[low:high].lstrip())
    return (low, high), (inside[0], inside[-1] + 1)


def places(tokenizer: Any, text: str, answer: str, ids: Sequence[int], model: str) -> list[Range]:
    """The characters of an answer that each of its tokens stands for.

    Where the tokenizer reads the answer as these ids, alone or behind something, it says so itself. The ids of an
    answer that the model wrote may be others; then they are written out one after the other.
    """
    for before in ("", " ", text, "\n"):
        read = tokenizer(
            before + answer, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        if len(read["input_ids"]) >= len(ids) and tuple(read["input_ids"][-len(ids) :]) == tuple(ids):
            spans = read["offset_mapping"][-len(ids) :]
            return [(max(a - len(before), 0), max(b - len(before), 0)) for a, b in spans]
    whole = written(tokenizer, ids)
    moved = whole.find(answer)
    if moved < 0:
        raise TargetImpossible(
            f"{model} writes the answer {answer!r} as {whole!r}: a span of it has no place. "
            "Give the answer as the model writes it."
        )
    return [(max(a - moved, 0), max(b - moved, 0)) for a, b in written_places(tokenizer, ids)]


def _characters(answer: str, span: str | Range) -> Range:
    if not isinstance(span, str):
        start, end = span
        if not 0 <= start < end <= len(answer):
            raise BadOption(
                f"span=({start}, {end}) is not inside the answer {answer!r} of {len(answer)} characters."
            )
        return start, end
    found = [(m.start(), m.start() + len(span)) for m in re.finditer(f"(?={re.escape(span)})", answer)]
    if not found:
        raise BadOption(f"The span {span!r} does not stand in the answer {answer!r}.")
    if len(found) > 1:
        (start, end), ranges = found[0], ", ".join(map(str, found))
        raise BadOption(
            f"The span {span!r} stands {len(found)} times in the answer {answer!r}, at {ranges}. "
            f"Say which with its range: span=({start}, {end}), or --span {start}:{end}."
        )
    return found[0]
