"""Every Python block of the documentation is at least Python, and every link leads somewhere."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import PAGES, ROOT, blocks, blocks_of, name_of

_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_blocks_compile(page):
    for block in blocks_of(page, "python"):
        block.compiled(page)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_names_its_language(page):
    unnamed = [b.line for b in blocks(page.read_text(encoding="utf-8")) if not b.language]
    assert not unnamed, f"lines {unnamed}: write ```python, ```sh or ```text"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_within_the_repository_lead_somewhere(page):
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


def test_a_broken_block_would_be_noticed():
    [block] = blocks("```python\nif\n```\n")
    with pytest.raises(SyntaxError):
        block.compiled(ROOT / "README.md")
