"""A highlighted text on a sheet: each token on its colour, underlined by its sign, and the largest scores as bars."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from pellucid.core.figure import Highlight
from pellucid.view.colour import LIGHT, Scale, ink
from pellucid.view.numbers import aligned
from pellucid.view.on_paper.key import key
from pellucid.view.on_paper.order import is_right_to_left, visual_order
from pellucid.view.on_paper.sheet import SMALL, Sheet
from pellucid.view.tokens import Fragment, lines, ranked, visible

__all__ = ["highlighted"]

SIZE = 10.0
PITCH = 17.5  # from baseline to baseline
ABOVE, BELOW = 8.6, 3.2  # of a token's colour, around the baseline
PAD = 1.1  # of a token's colour beyond its letters, at the edges of words
MOST_BARS = 10
LONGEST_BAR = 220.0
JOINER = "\u200d"  # letters beside it keep the form they have within a word


@dataclass(frozen=True, slots=True)
class _Atom:
    """Letters of one token, or a run of blanks. ``step`` is of the colour; ``marked`` whether it has a score.

    ``drawn`` is what is shown, with joiners where its letters join those of its neighbours.
    """

    shown: str
    drawn: str
    width: float
    marked: bool = False
    step: int | None = 0

    @property
    def blank(self) -> bool:
        return self.shown.isspace()


def highlighted(part: Highlight, sheet: Sheet) -> None:
    """Caption, text, key, bars."""
    scale = Scale.of(m.value for m in part.marks)
    if part.caption:
        sheet.paragraph(visible(part.caption), bold=True)
    for line in lines(part):
        backwards = is_right_to_left("".join(f.shown for f in line))
        for row in _rows(_joined([atom for f in line for atom in _atoms(f, scale, sheet)], sheet), sheet):
            _draw_row(row, backwards, sheet)
    sheet.y += 5
    key(
        sheet,
        scale,
        signed=part.signed,
        units=part.units,
        unknown=any(m.value != m.value for m in part.marks),
    )
    _bars(part, scale, sheet)


def _atoms(fragment: Fragment, scale: Scale, sheet: Sheet) -> Iterator[_Atom]:
    mark = fragment.piece.mark
    step = scale.step(mark.value) if mark else 0
    for blank, word in re.findall(r"(\s*)(\S*)", fragment.shown):
        if blank:
            yield _Atom(blank, blank, sheet.wide(blank, SIZE))
        if word:
            yield _Atom(word, word, sheet.wide(word, SIZE), mark is not None, step)


def _joined(atoms: list[_Atom], sheet: Sheet) -> list[_Atom]:
    """The atoms, their letters formed as within one word where a token ends inside it (Arabic)."""
    out = []
    for i, atom in enumerate(atoms):
        before = i > 0 and _joins(atoms[i - 1].shown, atom.shown)
        after = i + 1 < len(atoms) and _joins(atom.shown, atoms[i + 1].shown)
        drawn = JOINER * before + atom.shown + JOINER * after
        out.append(replace(atom, drawn=drawn, width=sheet.wide(drawn, SIZE)) if before or after else atom)
    return out


def _joins(one: str, other: str) -> bool:
    """Whether letters on both sides of a cut may be written joined."""
    sides = unicodedata.bidirectional(one[-1]), unicodedata.bidirectional(other[0])
    return sides[0] in ("AL", "NSM") and sides[1] == "AL"


def _rows(atoms: list[_Atom], sheet: Sheet) -> Iterator[list[_Atom]]:
    """Rows no wider than the sheet, broken at blanks; within words only where these are too wide, or Chinese."""
    row: list[_Atom] = []
    room = sheet.width - 2 * PAD
    for run in _unbroken(atoms, room, sheet):
        if row and sum(a.width for a in (*row, *run)) > room:
            yield row
            row = []
            if run[0].blank:
                continue
        row += run
    yield row


def _unbroken(atoms: list[_Atom], room: float, sheet: Sheet) -> Iterator[list[_Atom]]:
    for blank, run in groupby(atoms, key=lambda a: a.blank):
        word = list(run)
        wide = any(unicodedata.east_asian_width(c) in "WF" for a in word for c in a.shown)
        if not blank and not wide and sum(a.width for a in word) <= room:
            yield word
            continue
        for atom in word:
            for shown in sheet.chopped(atom.shown, SIZE, room):
                whole = shown == atom.shown
                yield [
                    atom if whole else replace(atom, shown=shown, drawn=shown, width=sheet.wide(shown, SIZE))
                ]


def _draw_row(row: list[_Atom], backwards: bool, sheet: Sheet) -> None:
    sheet.y += PITCH
    x = PAD if not backwards else sheet.width - PAD - sum(a.width for a in row)
    for i in visual_order([a.shown for a in row], backwards):
        atom = row[i]
        before = i == 0 or row[i - 1].blank
        after = i + 1 == len(row) or row[i + 1].blank
        if not atom.blank:
            right = is_right_to_left(atom.shown)
            left_pad, right_pad = (after, before) if right else (before, after)
            _draw_atom(atom, x, left_pad * PAD, right_pad * PAD, sheet)
            background = LIGHT.background(atom.step)
            colour = ink(background) if atom.marked else LIGHT.muted
            sheet.words(x, sheet.y - BELOW, atom.drawn, SIZE, colour)
        x += atom.width


def _draw_atom(atom: _Atom, x: float, left: float, right: float, sheet: Sheet) -> None:
    """The colour under a token, and the line that says its sign."""
    if atom.marked and atom.step != 0:
        at, width = x - left, atom.width + left + right
        top = sheet.y - BELOW - ABOVE
        sheet.box(at, top, width, ABOVE + BELOW, LIGHT.background(atom.step))
        sheet.underline(at, sheet.y, width, atom.step)


def _bars(part: Highlight, scale: Scale, sheet: Sheet) -> None:
    """The largest scores, one a line: name, number, bar; what counts against is striped."""
    every = ranked(part)
    top = [pair for pair in every if pair[1].value != 0][:MOST_BARS]
    if not top:
        return
    sheet.y += 5
    numbers = aligned([mark for _, mark in top], sign=part.signed)
    names = [sheet.clipped(name, SMALL, sheet.width / 3) for name, _ in top]
    left = max(sheet.wide(name, SMALL) for name in names) + 12
    left += max(sheet.wide(number, SMALL) for number in numbers)
    for name, (_, mark), number in zip(names, top, numbers, strict=True):
        sheet.y += 10.5
        sheet.words(0, sheet.y - 2.5, name, SMALL)
        sheet.words(left - sheet.wide(number, SMALL), sheet.y - 2.5, number, SMALL)
        length = scale.share(mark.value) * min(LONGEST_BAR, sheet.width - left - 8)
        negative = mark.value < 0
        colour = LIGHT.against if negative else LIGHT.toward
        sheet.box(left + 8, sheet.y - 9, length, 7.5, colour, LIGHT.against_line if negative else "")
    if len(every) > len(top):
        sheet.paragraph(f"and {len(every) - len(top):,} more", SMALL, LIGHT.muted)
