"""The order in which the pieces of a line stand, where some of it is written from right to left."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["is_right_to_left", "visual_order"]

RIGHT, LEFT, NUMBER, NEUTRAL = "R", "L", "N", ""


def is_right_to_left(string: str) -> bool:
    """Whether the first letter of a string belongs to a script that runs from right to left."""
    return _first_letter(string) == RIGHT


def visual_order(pieces: Sequence[str], right_to_left: bool) -> list[int]:
    """The numbers of the pieces from left to right, by the rules of Unicode (UAX 9: W7, N1, N2, I1, I2, L2).

    Each piece counts as a whole, by its first letter. ``right_to_left``: how the paragraph runs.
    """
    base = RIGHT if right_to_left else LEFT
    kinds = _without_neutrals(_numbers_resolved([_kind(p) for p in pieces], base), base)
    if right_to_left:
        levels = [1 if kind == RIGHT else 2 for kind in kinds]
    else:
        levels = [{LEFT: 0, RIGHT: 1, NUMBER: 2}[kind] for kind in kinds]
    order = list(range(len(pieces)))
    for level in range(max(levels, default=0), 0, -1):
        order = _reversed_runs(order, [levels[i] >= level for i in order])
    return order


def _first_letter(string: str) -> str:
    for character in string:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return RIGHT
        if kind == "L":
            return LEFT
    return NEUTRAL


def _kind(piece: str) -> str:
    if letter := _first_letter(piece):
        return letter
    return NUMBER if any(unicodedata.bidirectional(c) in ("EN", "AN") for c in piece) else NEUTRAL


def _numbers_resolved(kinds: list[str], base: str) -> list[str]:
    """A number after a left-to-right letter is part of that text."""
    out, last = [], base
    for kind in kinds:
        if kind in (RIGHT, LEFT):
            last = kind
        out.append(LEFT if kind == NUMBER and last == LEFT else kind)
    return out


def _without_neutrals(kinds: list[str], base: str) -> list[str]:
    """Blanks and signs go with what stands on both sides of them, or else with the paragraph."""
    out = list(kinds)
    for i, kind in enumerate(kinds):
        if kind == NEUTRAL:
            before = next((k for k in reversed(kinds[:i]) if k), base)
            after = next((k for k in kinds[i + 1 :] if k), base)
            sides = {RIGHT if k == NUMBER else k for k in (before, after)}
            out[i] = sides.pop() if len(sides) == 1 else base
    return out


def _reversed_runs(order: list[int], chosen: list[bool]) -> list[int]:
    out: list[int] = []
    run: list[int] = []
    for number, is_in in zip(order, chosen, strict=True):
        if is_in:
            run.append(number)
            continue
        out += [*reversed(run), number]
        run = []
    return [*out, *reversed(run)]
