"""A highlighted text in a terminal: the text flows, and under each token stand its sign and strength.

The strength is a digit, tenths of the largest magnitude, so that it is read without colour. Below stand the
largest scores as bars with their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from rich.style import Style
from rich.text import Text

from pellucid.core.figure import Highlight
from pellucid.view.bars import bar
from pellucid.view.colour import STEPS, Scale
from pellucid.view.numbers import NO_NUMBER, aligned, plain
from pellucid.view.on_terminal.paint import Paint
from pellucid.view.tokens import Fragment, lines, ranked, visible

__all__ = ["highlighted"]

MOST_BARS = 10
JOIN = "‿"  # fills a gap that is only for the label: the two tokens touch


@dataclass(slots=True)
class _Atom:
    """A word or blank run that is never broken, its style, and the label that stands under it."""

    shown: str
    style: Style
    label: str = ""


def highlighted(part: Highlight, width: int, paint: Paint) -> Iterable[Text]:
    """Caption, text with labels, legend, bars."""
    scale = Scale.of(m.value for m in part.marks)
    if part.caption:
        yield Text(visible(part.caption), style="bold")
    for line in lines(part):
        yield from _flow(list(_atoms(line, scale, paint, part.signed)), width)
    yield Text()
    yield _legend(part, scale)
    yield Text()
    yield from _bars(part, scale, width, paint)


def _atoms(line: list[Fragment], scale: Scale, paint: Paint, is_signed: bool) -> Iterator[_Atom]:
    for fragment in line:
        mark = fragment.piece.mark
        step = scale.step(mark.value) if mark else 0
        style = paint.score(step) if mark else Style(dim=not fragment.shown.isspace())
        label = _label(step, is_signed) if mark and fragment.first else ""
        for blank, word in re.findall(r"(\s*)(\S*)", fragment.shown):
            if blank:
                yield _Atom(blank, Style())
            if word:
                yield _Atom(word, style, label)
                label = ""


def _label(step: int | None, is_signed: bool) -> str:
    if step is None:
        return "?"
    if step == 0:
        return ""
    return f"{step:+d}" if is_signed else str(step)


def _flow(atoms: list[_Atom], width: int) -> Iterator[Text]:
    """Lines of text and of labels under them, none wider than ``width``."""
    above, below = Text(), Text()
    used = 0
    for i, atom in enumerate(atoms):
        follows = i + 1 < len(atoms) and not atoms[i + 1].shown.isspace()
        for shown in chop_cells(atom.shown, width - 3) or [""]:
            cells = cell_len(shown)
            gap = max(0, cell_len(atom.label) - cells) if follows else 0
            if used and used + max(cells + gap, cell_len(atom.label)) > width:
                yield from _row(above, below)
                above, below, used = Text(), Text(), 0
                if shown.isspace():
                    continue
            below.append(" " * max(0, used - cell_len(below.plain)))
            above.append(shown, atom.style)
            above.append(JOIN * gap, "dim")
            below.append(atom.label, _label_style(atom.label))
            used += cells + gap
            atom.label = ""
    yield from _row(above, below)


def _row(above: Text, below: Text) -> Iterator[Text]:
    yield above
    if below.plain.strip():
        yield below


def _label_style(label: str) -> str:
    return "bold" if label[-1:] in "6789" and label else ""


def _legend(part: Highlight, scale: Scale) -> Text:
    most = plain(scale.limit)
    if scale.limit == 0:
        said = "Every score is 0."
    elif part.signed:
        said = f"for +{STEPS} = +{most}   against -{STEPS} = -{most}"
    else:
        said = f"{STEPS} = {most}"
    unknown = f"? {NO_NUMBER}" if any(scale.step(m.value) is None for m in part.marks) else ""
    return Text("   ".join(filter(None, [said, part.units, unknown])), style="dim")


def _bars(part: Highlight, scale: Scale, width: int, paint: Paint) -> Iterator[Text]:
    """The largest scores, one a line: name, bar, number."""
    every = ranked(part)
    top = [pair for pair in every if pair[1].value != 0][:MOST_BARS]
    if not top:
        return
    numbers = aligned([mark for _, mark in top], sign=part.signed)
    room = max(map(len, numbers))
    names = [_clipped(text, max(12, width // 3)) for text, _ in top]
    left = max(map(cell_len, names))
    length = max(4, min(40, width - left - room - 4))
    for text, (_, mark), number in zip(names, top, numbers, strict=True):
        yield Text.assemble(
            text, " " * (left - cell_len(text)), "  ",
            (number.rjust(room), ""), "  ",
            (bar(scale.share(mark.value), length, negative=mark.value < 0), paint.bar(mark.value < 0)),
        )  # fmt: skip
    if len(every) > len(top):
        yield Text(f"and {len(every) - len(top):,} more", style="dim")


def _clipped(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else chop_cells(text, cells - 1)[0] + "…"
