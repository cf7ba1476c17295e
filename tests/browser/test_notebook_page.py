"""What a notebook shows: figures in frames of their own inside a page of somebody else's."""

from __future__ import annotations

import re

import pytest

from pellucid.view.notebook import notebook
from tests.browser.accessible import violations
from tests.view.make import TEXTS, score, why

HOST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>A notebook</title><style>table td{{background:red}} .t{{color:lime}}</style>{head}</head>
<body><main><h1>A notebook</h1><div>{one}</div><div>{other}</div></main></body></html>"""


@pytest.fixture
def host(page, tmp_path):
    def open_(one: str, other: str = "", head: str = ""):
        file = tmp_path / "host.html"
        file.write_text(HOST.format(one=one, other=other, head=head), encoding="utf-8")
        page.goto(file.as_uri())
        return page

    return open_


def frames(page, count: int):
    """The frames of a page, live."""
    page.wait_for_function(f"document.querySelectorAll('iframe').length === {count}")
    for element in page.locator("iframe").all():
        element.scroll_into_view_if_needed()  # a frame off the screen is loaded when it comes near
    inner = [element.content_frame() for element in page.query_selector_all("iframe")]
    for frame in inner:
        frame.wait_for_selector("html[data-live=yes]", state="attached")
    return inner


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
def test_two_outputs_are_live_and_do_not_disturb_each_other(host):
    page = host(notebook([why("a b c"), score()])["text/html"], notebook(why("a b c"))["text/html"])
    one, other = frames(page, 2)
    one.locator(".live [data-mark='1']").hover()
    assert one.locator(".live .text .lit").count() == 1
    assert other.locator(".live .text .lit").count() == 0
    assert page.locator(".pellucid:visible").count() == 0  # the static forms, in the notebook itself
    assert not violations(page)


def test_a_frame_has_no_way_out(host, watch):
    page = host(notebook(why("a b"))["text/html"])
    [frame] = frames(page, 1)
    assert frame.evaluate("self.origin") == "null"
    reached = frame.evaluate(
        "() => { try { return parent.document.title } catch (error) { return error.name } }"
    )
    assert reached == "SecurityError"
    # Neither a script of somebody else's nor a handler runs in it: its policy names two scripts.
    frame.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'self.evil = 1'; document.head.append(s) }"
    )
    assert frame.evaluate("self.evil") is None
    assert "Content Security Policy" in watch.complaints.pop()


def test_without_its_frame_the_static_form_is_seen(host):
    stripped = re.sub(r"<iframe.*?</iframe>", "", notebook(why(TEXTS["plain"]))["text/html"], flags=re.DOTALL)
    page = host(stripped)
    assert page.locator(".pellucid .text").is_visible()
    assert page.locator(".pellucid-live").bounding_box()["height"] == 0


def test_where_no_script_may_run_the_frame_says_the_same(browser, host, tmp_path):
    host(notebook(why(TEXTS["plain"]))["text/html"])
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "host.html").as_uri())
    frame = page.frame_locator("iframe")
    assert frame.locator(".static .text").inner_text().split() == TEXTS["plain"].split()
    context.close()


def test_a_reader_can_pull_a_frame_higher(host):
    page = host(notebook(why("a b"))["text/html"])
    frames(page, 1)
    box = page.locator(".pellucid-live").bounding_box()
    x, y = box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 20)
    page.mouse.move(x, y + 100)
    page.mouse.up()
    assert page.locator(".pellucid-live").bounding_box()["height"] == pytest.approx(
        box["height"] + 100, abs=5
    )


def test_a_frame_is_about_as_high_as_its_figure(host):
    page = host(notebook(why("a b c"))["text/html"])
    [frame] = frames(page, 1)
    needed = frame.evaluate("document.documentElement.scrollHeight")
    assert needed <= page.locator("iframe").bounding_box()["height"] <= needed + 200
