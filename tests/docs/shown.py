"""The output that README.md shows. ``python -m tests.docs.shown`` puts in what the command prints now."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from itertools import pairwise

from tests.docs.blocks import ROOT, Block, blocks

README = ROOT / "README.md"
WIDTH = 80


def command_and_output(markdown: str) -> tuple[list[str], Block]:
    """The words of the ``pellucid`` command whose block a text block follows, and that text block."""
    found = blocks(markdown)
    for shell, text in pairwise(found):
        if (shell.language, text.language) == ("sh", "text") and shell.code.startswith("pellucid "):
            return shlex.split(shell.code)[1:], text
    raise LookupError("README.md shows no output of a pellucid command.")


def printed(arguments: list[str]) -> str:
    """What the command prints at `WIDTH` columns, without colour."""
    os.environ["NO_COLOR"] = "1"
    from pellucid.cli.main import run

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = run([*arguments, "--width", str(WIDTH), "--quiet"])
    assert code == 0, code
    return out.getvalue()


def refreshed(markdown: str) -> str:
    """The page with the output as it is now."""
    arguments, text = command_and_output(markdown)
    return markdown.replace(f"```text\n{text.code}```", f"```text\n{printed(arguments)}```")


def apart(shown: str, found: str) -> list[tuple[str, str]]:
    """The words in which two outputs differ. Bars and the cost line may; numbers may by a fiftieth."""
    one, other = _words(shown), _words(found)
    if len(one) != len(other):
        return [(f"{len(one)} words", f"{len(other)} words")]
    return [(a, b) for a, b in zip(one, other, strict=True) if not _alike(a, b)]


def _words(output: str) -> list[str]:
    lines = [line for line in output.splitlines() if not re.search(r"\d s · ", line)]
    return [word for word in " ".join(lines).split() if re.search(r"\w", word)]


def _alike(shown: str, found: str) -> bool:
    if shown == found:
        return True
    try:
        a, b = (float(word.strip("(),.;")) for word in (shown, found))
    except ValueError:
        return False
    return abs(a - b) <= 0.02 * max(1.0, abs(a))


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text(encoding="utf-8")), encoding="utf-8")
