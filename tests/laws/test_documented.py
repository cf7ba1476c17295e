"""Every method and metric has its section in the documentation, and no section is left behind."""

from __future__ import annotations

import re

import pytest

from pellucid.core.registry import names
from tests.docs.blocks import ROOT

PAGES = {"method": ROOT / "docs" / "methods.md", "metric": ROOT / "docs" / "metrics.md"}


def sections(markdown: str) -> set[str]:
    """Headings that are a name of code: words joined by underscores, in small letters."""
    return set(re.findall(r"^#{2,3} ([a-z][a-z0-9_]*)$", markdown, re.MULTILINE))


@pytest.mark.parametrize("kind", PAGES)
def test_every_name_has_a_section(kind):
    missing = set(names(kind)) - sections(PAGES[kind].read_text(encoding="utf-8"))
    assert not missing, f"{PAGES[kind].relative_to(ROOT)} has no section on {', '.join(sorted(missing))}"


@pytest.mark.parametrize("kind", PAGES)
def test_every_section_is_of_something_there_is(kind):
    assert not sections(PAGES[kind].read_text(encoding="utf-8")) - set(names(kind))


def test_sections_are_found():
    assert sections("## leave_one_out\ntext\n### lime\n## Beside chance\n") == {"leave_one_out", "lime"}
