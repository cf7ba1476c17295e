"""A page taken apart: what is read, and what a browser would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input", "hr"}


@dataclass
class Page(HTMLParser):
    """Tags, attributes, the words a reader sees, the lines of a highlighted text, and scripts apart."""

    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    words: str = ""
    lines: list[str] = field(default_factory=list)
    open_tags: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    scripts: list[tuple[dict[str, str | None], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        css = dict(attrs).get("class") or ""
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag == "p" and any(c == "text" for _, c in self.open_tags):
            self.lines.append("")
        if tag not in VOID:
            self.open_tags.append((tag, css))

    def handle_endtag(self, tag: str) -> None:
        if not self.open_tags or self.open_tags[-1][0] != tag:
            self.problems.append(f"</{tag}> closes {self.open_tags[-1:]}")
            return
        self.open_tags.pop()

    def handle_data(self, data: str) -> None:
        if self.open_tags and self.open_tags[-1][0] == "script":
            attrs, content = self.scripts[-1]
            self.scripts[-1] = (attrs, content + data)
            return
        if any(tag == "style" for tag, _ in self.open_tags):
            return
        self.words += data
        inside = [css for _, css in self.open_tags]
        in_line = "text" in inside and any(tag == "p" for tag, _ in self.open_tags)
        if in_line and not any("part" in css.split() for css in inside):
            self.lines[-1] += data


def parse(page: str) -> Page:
    parsed = Page()
    parsed.feed(page)
    parsed.close()
    assert not parsed.open_tags, parsed.open_tags
    assert not parsed.problems, parsed.problems
    return parsed
