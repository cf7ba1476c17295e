"""Short files: one idea each, so that a reader can hold it."""

from __future__ import annotations

from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "pellucid"
LONGEST = 400


def test_no_source_file_is_long():
    lengths = {f: len(f.read_text(encoding="utf-8").splitlines()) for f in SOURCE.rglob("*.py")}
    assert lengths, "no source was found"
    assert {str(f.relative_to(SOURCE)): n for f, n in lengths.items() if n > LONGEST} == {}
