"""The code blocks of README.md and docs/, with the line each one starts on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """What stands between two fences; ``line`` is that of its first line of code, from 1."""

    language: str
    code: str
    line: int

    def compiled(self, page: Path):
        """The code, such that a traceback names the line of the page."""
        return compile("\n" * (self.line - 1) + self.code, str(page.relative_to(ROOT)), "exec")


def blocks(markdown: str) -> list[Block]:
    """Every fenced block that stands at the left margin."""
    return [Block(m[1], m[2], markdown.count("\n", 0, m.start()) + 2) for m in _FENCE.finditer(markdown)]


def blocks_of(page: Path, language: str) -> list[Block]:
    """The blocks of a page in one language, in order."""
    return [b for b in blocks(page.read_text(encoding="utf-8")) if b.language == language]


def name_of(page: Path) -> str:
    """How a page is called in test reports."""
    return str(page.relative_to(ROOT))
