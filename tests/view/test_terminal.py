from __future__ import annotations

import re

import numpy as np
import pytest
from rich.cells import cell_len

from pellucid.core.figure import Highlight, Mark
from pellucid.view.on_terminal.paint import Paint
from pellucid.view.on_terminal.text import highlighted
from pellucid.view.terminal import terminal
from pellucid.view.tokens import lines
from tests.view.make import TEXTS, bytes_as_tokens, characters, no_score, score, why, words

ESCAPE = "\x1b"
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("cut", [bytes_as_tokens, words])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_no_line_is_wider_than_asked_and_no_command_comes_through(text, cut, width):
    drawn = terminal(
        [why(text, cut(text), outputs=("x", "\n", "中")), score(), no_score()], colour=False, width=width
    )
    assert max(map(cell_len, drawn.split("\n"))) <= width
    assert not [c for c in drawn if ord(c) < 32 and c != "\n"]
    assert not drawn.endswith("\n")
    drawn.encode()


@pytest.mark.parametrize("cut", [bytes_as_tokens, characters, words])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_text_can_be_read_off(text, cut):
    """What stands in the lines is what the token contract shows, less blanks at the end of a line."""
    features = cut(text)
    part = Highlight(text, tuple(Mark(f.start, f.end, 1.0) for f in features), True, "")
    shown = "".join(f.shown for line in lines(part) for f in line)
    rows = [row.plain for row in highlighted(part, 60, Paint.of(None))]
    flow = rows[: next(i for i, row in enumerate(rows) if row.startswith("for +9 = "))]
    # No text here has a line of nothing but + and 9, so such rows are the labels.
    read = "".join(row for row in flow if row.strip(" +9"))
    assert _bare(read) == _bare(shown)


def test_colour_and_no_colour_say_the_same():
    made = [why(TEXTS["plain"], outputs=("a", "b")), score()]
    plain = terminal(made, colour=False, width=80)
    coloured = terminal(made, colour=True, width=80)
    assert ESCAPE in coloured
    assert ESCAPE not in plain
    assert [line.rstrip() for line in ESCAPES.sub("", coloured).split("\n")] == plain.split("\n")


@pytest.mark.parametrize("term", ["dumb", "xterm-256color", ""])
def test_no_color_has_no_escape_codes(monkeypatch, term):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ESCAPE not in terminal(why("a b"), width=80)


def test_a_dumb_terminal_gets_no_escape_codes(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert ESCAPE not in terminal(why("a b"), width=80)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert ESCAPE in terminal(why("a b"), width=80)


def test_what_is_asked_for_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESCAPE in terminal(why("a b"), colour=True, width=80)


@pytest.mark.parametrize("system", ["", "truecolor"])
def test_sixteen_colours_are_enough(monkeypatch, system):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLORTERM", system)
    drawn = terminal(why("a b", values=[1, -1]), colour=True, width=80)
    assert ("38;2;" in drawn) == (system == "truecolor")


def test_signs_and_strengths_stand_under_their_tokens():
    drawn = terminal(
        why("good bad dull odd", values=[2.0, -1.0, 0.01, np.nan]), colour=False, width=60
    ).split("\n")
    at = drawn.index("good bad dull odd")
    assert drawn[at + 1] == "+9   -4       ?"
    assert "for +9 = +2.00   against -9 = -2.00   log-probability (nats)" in drawn[at + 3]
    assert "? no number" in " ".join(drawn[at + 3 :])


def test_a_sign_makes_room_without_parting_the_word():
    drawn = terminal(why("1984", characters("1984"), [1, 1, 1, 1]), colour=False, width=60)
    assert "1‿9‿8‿4\n+9+9+9+9" in drawn


def test_bars_show_the_sign_by_their_pattern_and_errors():
    drawn = terminal(why("up down", values=[1.0, -0.5], error=True), colour=False, width=60)
    up, down = (
        next(line for line in drawn.split("\n") if line.startswith(name + "  ")) for name in ("up", "down")
    )
    assert "+1.000 ± 0.050" in up
    assert "█" in up
    assert "-0.500 ± 0.050" in down
    assert "▒" in down
    assert down.count("▒") * 2 == up.count("█")


def test_unsigned_scores_have_no_plus():
    drawn = terminal(why("a b", values=[0.5, 1.0], signed=False), colour=False, width=60)
    assert "+" not in drawn
    assert "9 = 1.00" in drawn


def test_all_zero():
    drawn = terminal(why("a b", values=[0.0, 0.0]), colour=False, width=60)
    assert "Every score is 0" in drawn


def test_all_missing():
    drawn = terminal(why("a b", values=[np.nan, np.nan]), colour=True, width=60)
    assert "no number" in drawn


def test_two_thousand_tokens():
    text = " ".join(f"word{i}" for i in range(2000))
    drawn = terminal(why(text), colour=True, width=80)
    assert all(f"word{i}" in drawn for i in (0, 999, 1999))
    assert "and 1,990 more" in drawn


def test_a_tall_matrix_says_what_it_leaves_out():
    text = " ".join(f"word{i}" for i in range(100))
    drawn = terminal(why(text, outputs=("a", "b")), colour=False, width=60)
    assert "The 40 strongest of 100 rows" in drawn


def test_more_columns_than_fit_stand_in_bands():
    made = why(" ".join("abcdefghijkl"), outputs=tuple("ABCDEFGHIJKL"))
    drawn = terminal(made, colour=False, width=60)
    for i in range(12):
        for j in range(12):
            assert f"{made.primary.values[i, j]:+.3f}".lstrip("+-")[:4] in drawn


@pytest.mark.parametrize("width", [60, *range(70, 100)])
def test_no_cell_of_a_table_is_lost(width):
    drawn = terminal([score(), no_score()], colour=False, width=width)
    assert max(map(cell_len, drawn.split("\n"))) <= width
    said = drawn[: drawn.index("Removing")].replace(":", "").split()  # cells fold between words
    wanted = "better control mean 95% range p comprehensiveness 0.910 ↑ higher random rankings 0.310 0.02 to 0.60 0.01"
    assert set(wanted.split()) <= set(said)


def test_a_table_too_wide_is_written_row_by_row():
    assert "  control: random rankings" in terminal([score()], colour=False, width=60)
    assert "  control: random rankings" not in terminal([score()], colour=False, width=80)


def test_inside_a_notebook_it_is_still_text(monkeypatch):
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert "Why “Paris”?" in terminal(why("a b"), colour=False, width=60)


def _bare(string: str) -> str:
    return re.sub(r"[\s‿]", "", string)
