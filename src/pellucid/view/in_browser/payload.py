"""A figure as the JSON that the bundle reads: ``ui/src/figure.ts`` has the same shapes as types.

A part is an object of its fields, with its ``kind``: its class, in small letters. Texts stand once, in ``texts``; parts
have their number. Numbers keep five digits, what is no number is null, and infinity is the largest number there is;
long arrays are packed, as ``arrays.py`` says.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from pellucid.core.figure import Figure, Heads, Heatmap, Highlight, Prose
from pellucid.core.text import Text
from pellucid.view.in_browser.arrays import array, number
from pellucid.view.in_browser.packed import packed_heads
from pellucid.view.tokens import Fragment, lines, visible

__all__ = ["payload", "payload_json"]

OWN = {
    (Highlight, "marks"),
    (Prose, "words"),
    (Heads, "values"),
    (Heatmap, "values"),
}  # fields that are sent in a form of their own
LONG = 60  # marks; a text of more is zoomed: its sentences and paragraphs are sent with it


def payload(figure: Figure, *, room: int | None = None) -> dict[str, Any]:
    """A figure as plain data. ``room``: about how many bytes attention may take; None is as much as it needs."""
    from pellucid import __version__

    texts: dict[str, int] = {}
    each = room and room // max(1, sum(isinstance(part, Heads) for part in figure.parts))
    parts = [_part(part, texts, each) for part in figure.parts]
    return {
        "version": 1,
        "made": f"Pellucid {__version__}",
        "title": visible(figure.title),
        "subtitle": visible(figure.subtitle),
        "parts": parts,
        "texts": list(texts),
    }


def payload_json(figure: Figure, *, room: int | None = None) -> str:
    """The data of a figure as JSON that may stand inside a ``<script>``: nothing in it ends one."""
    found = json.dumps(payload(figure, room=room), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A lone surrogate is no character of a file, but may be one of a text.
    found = found.encode("utf-8", "backslashreplace").decode()
    return found.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _part(part: Any, texts: dict[str, int], room: int | None) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": type(part).__name__.lower()}
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name == "string":
            out["text"] = texts.setdefault(value, len(texts)) if value else -1
        elif (type(part), field.name) not in OWN and field.name != "plain":
            out[field.name] = _value(value)
    if isinstance(part, Highlight):
        return out | _highlight(part)
    if isinstance(part, Prose):
        return out | {"lines": [visible(line) for line in part.words.split("\n")]}
    if isinstance(part, Heads):
        return out | {"values": packed_heads(part.values, room)}
    if isinstance(part, Heatmap):
        return out | {"values": array(np.array(part.values, dtype=np.float64))}
    return out


def _highlight(part: Highlight) -> dict[str, Any]:
    """Marks by columns; the text by lines of pieces: what is shown, its mark (-1: none), which part of how many."""
    columns: dict[str, list] = {
        "start": [m.start for m in part.marks],
        "end": [m.end for m in part.marks],
        "value": [number(m.value) for m in part.marks],
    }
    if any(m.error is not None for m in part.marks):
        columns["error"] = [None if m.error is None else number(m.error) for m in part.marks]
    if any(m.name for m in part.marks):
        columns["name"] = [visible(m.name) for m in part.marks]
    which = {id(mark): i for i, mark in enumerate(part.marks)}
    shown = [[_piece(fragment, which) for fragment in line] for line in lines(part)]
    out: dict[str, Any] = {"marks": columns, "lines": shown}
    if len(part.marks) > LONG:
        out["sentences"] = [[f.start, f.end] for f in Text(part.string).cut("sentence").features]
    return out


def _piece(fragment: Fragment, which: dict[int, int]) -> list:
    piece = fragment.piece
    return [fragment.shown, -1 if piece.mark is None else which[id(piece.mark)], piece.part, piece.parts]


def _value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return array(value)
    if is_dataclass(value):
        return {field.name: _value(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_value(v) for v in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return number(value)
    return visible(str(value))
