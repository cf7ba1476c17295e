"""What README.md shows is what the command prints."""

from __future__ import annotations

from tests.docs.shown import README, apart, command_and_output, printed


def test_readme_shows_what_is_printed():
    arguments, text = command_and_output(README.read_text(encoding="utf-8"))
    differences = apart(text.code, printed(arguments))
    assert not differences, f"README.md is out of date: make readme\n{differences}"


def test_a_stale_output_would_be_noticed():
    assert not apart("of +26.19 ███\nby 0.46 on average;", "of +26.20 ██\nby 0.461 on average;")
    assert apart("of +26.19", "of +22.10") == [("+26.19", "+22.10")]
    assert apart("of +26.19", "The +26.19") == [("of", "The")]
    assert apart("not better than chance", "better than chance")
