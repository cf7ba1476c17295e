"""What README.md shows is what the command prints; pages with Python are held by `test_docs`."""

from __future__ import annotations

from tests.docs.blocks import Block
from tests.docs.shown import README, apart, printed, with_output


def test_readme_shows_what_is_printed():
    shown = [(code, text) for code, text in with_output(README.read_text(encoding="utf-8")) if text]
    assert shown
    for code, text in shown:
        differences = apart(text.code, printed(code, README, {}))
        assert not differences, f"README.md is out of date: make shown\n{differences}"


def test_a_stale_output_would_be_noticed():
    assert not apart("of +26.19 ███\nby 0.46 on average;", "of +26.20 ██\nby 0.461 on average;")
    assert apart("of +26.19", "of +22.10") == [("+26.19", "+22.10")]
    assert apart("of +26.19", "The +26.19") == [("of", "The")]
    assert apart("not better than chance", "better than chance")


def test_an_output_belongs_to_the_code_in_front_of_it(tmp_path):
    first = "```python\nprint(1)\n```\n\n```text\n1\n```\n"
    second = "```python\nprint(2)\n```\nwords\n```text\n2\n```\n```sh\nls\n```\n"
    found = list(with_output(first + second))
    assert [code.code for code, _ in found] == ["print(1)\n", "print(2)\n", "ls\n"]
    assert [text and text.code for _, text in found] == ["1\n", None, None]
    assert printed(Block("python", "print(1 + 1)\n", 1), README, {}) == "2\n"
