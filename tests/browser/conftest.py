"""A real browser: pages are opened from their files, without network, and may not complain."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pellucid.view.html import html
from tests.browser.chromium import launched


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, one for all tests of a process."""
    with launched() as browser:
        if browser is None:
            pytest.skip("no Chromium is installed")
        yield browser


@dataclass
class Watch:
    """What a page asked for and complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def over(self, page: Any) -> None:
        page.on("request", lambda request: self.requests.append(request.url))
        page.on(
            "console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(params=["light"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The colours that the host asks for; parametrize it to have both."""
    return request.param


@pytest.fixture
def page(browser, watch, scheme):
    """A page without network; at the end it must have asked for nothing but its own file, and not complained."""
    context = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": 1100, "height": 900})
    page = context.new_page()
    watch.over(page)
    yield page
    context.close()
    assert not watch.complaints
    assert not [url for url in watch.requests if not url.startswith(("file://", "data:", "blob:", "about:"))]
    assert len([url for url in watch.requests if url.startswith("file://")]) <= 1


@pytest.fixture
def opened(page, tmp_path):
    """Results as the ``.html`` file they would be saved as, open in the browser."""

    def open_(results: Any) -> Any:
        file = Path(tmp_path) / "page.html"
        file.write_text(html(results), encoding="utf-8")
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-live=yes]", state="attached")
        return page

    return open_
