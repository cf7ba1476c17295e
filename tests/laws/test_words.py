"""What has no place in the tree: half-done work, and the paths of one machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".html", ".css", ".js", ".ts", ""}

# Written in pieces, so that this file does not find itself.
UNFINISHED = re.compile(
    "|".join(["TO" + "DO", "FIX" + "ME", r"\b" + "X" * 3 + r"\b", "NotImplemented" + "Error"])
)
ONE_MACHINE = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", r"/ho" + r"me/\w", "/Us" + r"ers/\w"]))


def tracked() -> list[Path]:
    """The files git knows, or, where there is no git (an unpacked archive), none."""
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    files = [ROOT / name for name in found.stdout.split("\0") if name]
    return [f for f in files if f.suffix in TEXT and f.is_file()]


def found(pattern: re.Pattern[str]) -> list[str]:
    """Where the pattern stands, as file:line."""
    places = []
    for file in tracked():
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if pattern.search(line):
                places.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return places


@pytest.mark.parametrize(
    "pattern", [UNFINISHED, ONE_MACHINE], ids=["unfinished work", "paths of one machine"]
)
def test_no_leftovers(pattern):
    assert not found(pattern)


def test_the_patterns_find_what_they_are_for():
    assert UNFINISHED.search("# TO" + "DO: later")
    assert UNFINISHED.search("raise NotImplemented" + "Error")
    assert ONE_MACHINE.search("open('/ro" + "ot/file')")
    assert ONE_MACHINE.search("/ho" + "me/ada/x")
    assert not ONE_MACHINE.search("https://example.org/homework/rooted")
