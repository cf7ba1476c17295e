"""The output that pages show: a text block behind a block of code is what that code prints.

``python -m tests.docs.shown [PAGE ...]`` puts in what it prints now.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tests.docs.blocks import PAGES, ROOT, Block, blocks

README = ROOT / "README.md"
WIDTH = 80


def with_output(markdown: str) -> Iterator[tuple[Block, Block | None]]:
    """Each block of Python or of ``pellucid`` commands, and the text block that follows it at once, if one does."""
    found, lines = blocks(markdown), markdown.splitlines()
    for code, text in zip_longest(found, found[1:]):
        if code.language in ("python", "sh"):
            between = [] if text is None else lines[code.line + code.code.count("\n") : text.line - 2]
            follows = text is not None and text.language == "text" and not any(map(str.strip, between))
            yield code, text if follows else None


def printed(block: Block, page: Path, namespace: dict[str, Any]) -> str:
    """What a block prints at `WIDTH` columns, without colour."""
    os.environ |= {"NO_COLOR": "1", "COLUMNS": str(WIDTH)}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        if block.language == "python":
            exec(block.compiled(page), namespace)
        else:
            _run_commands(block)
    return out.getvalue()


def _run_commands(block: Block) -> None:
    from pellucid.cli.main import run

    for line in block.code.replace("\\\n", " ").splitlines():
        command, *arguments = shlex.split(line, comments=True) or [""]
        if command == "pellucid":
            code = run(
                [*arguments, *(["--width", str(WIDTH)] if arguments[0] in ("explain", "show") else [])]
            )
            assert code == 0, line


def shows(page: Path) -> bool:
    """Whether a page shows any output."""
    return any(text for _, text in with_output(page.read_text(encoding="utf-8")))


def refreshed(page: Path) -> str:
    """The page with every output as it is now; run in an empty folder, as a reader would."""
    markdown, namespace = page.read_text(encoding="utf-8"), {"__name__": "__docs__"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for code, text in with_output(markdown):
            if code.language == "python" or text is not None:
                found = printed(code, page, namespace)
                if text is not None:
                    markdown = markdown.replace(f"```text\n{text.code}```", f"```text\n{found}```", 1)
    return markdown


def apart(shown: str, found: str) -> list[tuple[str, str]]:
    """The words in which two outputs differ. Bars and the cost line may; numbers may by a fiftieth."""
    one, other = _words(shown), _words(found)
    if len(one) != len(other):
        return [(f"{len(one)} words", f"{len(other)} words")]
    return [(a, b) for a, b in zip(one, other, strict=True) if not _alike(a, b)]


def _words(output: str) -> list[str]:
    lines = [line for line in output.splitlines() if not re.search(r"\d s( ·|$)|^· ", line)]
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
    for page in [Path(name).resolve() for name in sys.argv[1:]] or filter(shows, PAGES):
        page.write_text(refreshed(page), encoding="utf-8")
