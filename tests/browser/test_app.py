"""The app in a real browser against the real server: what a reader does, from the first question to the last."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

import pellucid
from pellucid.cli.main import run
from tests.browser.accessible import violations
from tests.browser.app_server import serving

PARIS = "The capital of France is"
FILM = "A good film, but far too long."
ASKED = "?model=demo-lm&text=The+capital+of+France+is&by=leave_one_out"
FOX = "The quick brown fox jumps over the lazy dog and runs into the dark forest. "
SLOW = FOX * 5  # with thousands of samples, minutes of work
WAIT = 60_000  # milliseconds: a model is loaded on its first question, and other work may run beside


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("fastapi")
    with serving() as server:
        yield server


@pytest.fixture(params=[(1280, 900)], ids=str)
def size(request):
    return request.param


@pytest.fixture
def app(browser, server, watch, scheme, size):
    """The app's page; at the end it must have asked for nothing but its server, and not complained."""
    width, height = size
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": height}, accept_downloads=True
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.origin)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    watch.over(page)
    yield page
    context.close()
    assert not watch.complaints
    assert not [u for u in watch.requests if not u.startswith((server.origin, "data:", "blob:", "about:"))]


@pytest.fixture
def at(app, server):
    """The app at a query, with the token."""

    def open_(query: str = ""):
        app.goto(server.address(query))
        app.locator("form.question").wait_for()
        return app

    yield open_
    # As a reader leaves: what still runs for the page is cancelled, and the next one need not wait for it.
    app.goto("about:blank")


def explained(page, nth: int = 0):
    """The article of a result, once it is there."""
    article = page.locator("article.explained").nth(nth)
    article.locator(".title").wait_for()
    article.locator("[aria-busy=true]").wait_for(state="detached")
    return article


def scores(article) -> list[str]:
    """The numbers of all tokens of a highlighted text, as its labels say them."""
    return article.locator(".highlight .text [data-mark]").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label'))"
    )


def query_of(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def until(page, holds: str) -> None:
    """Wait for a condition. The page's policy forbids evaluating strings, so Playwright's own way is closed."""
    for _ in range(100):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {holds}")


def test_a_first_explanation(at, server):
    page = at()
    assert "token" not in page.url
    assert not violations(page)
    page.get_by_label("Text", exact=True).fill(PARIS)
    page.get_by_role("button", name="Explain").click()
    article = explained(page)
    assert article.locator(".title").inner_text() == "Why “Paris”?"
    assert query_of(page) == {"model": ["demo-lm"], "text": [PARIS], "by": ["leave_one_out"]}
    article.locator(".trust").wait_for()
    assert page.get_by_role("status").inner_text() == "Measuring how far to trust it: done."
    assert not violations(page)


def test_a_reload_and_the_way_back_give_the_same_figures(at):
    page = at(ASKED)
    before = scores(explained(page))
    page.reload()
    assert scores(explained(page)) == before
    page.get_by_label("Method", exact=True).select_option("integrated_gradients")
    page.get_by_role("button", name="Explain").click()
    page.get_by_text("integrated_gradients on demo-lm").wait_for()
    after = scores(explained(page))
    assert after != before
    page.go_back()
    page.get_by_text("leave_one_out on demo-lm").wait_for()
    assert scores(explained(page)) == before
    assert page.get_by_label("Method", exact=True).input_value() == "leave_one_out"
    page.go_forward()
    page.get_by_text("integrated_gradients on demo-lm").wait_for()
    assert scores(explained(page)) == after


def test_what_is_typed_survives_a_reload(at):
    page = at(ASKED)
    explained(page)
    page.get_by_label("Text", exact=True).fill("Something else")
    until(page, "history.state?.draft?.text === 'Something else'")
    page.reload()
    explained(page)
    assert page.get_by_label("Text", exact=True).input_value() == "Something else"
    assert query_of(page)["text"] == [PARIS]


def test_a_long_text_is_in_the_address(at):
    page, long = at("?model=demo-sentiment"), FOX * 21
    page.get_by_label("Text", exact=True).fill(long)
    page.get_by_label("Method", exact=True).select_option("input_x_gradient")
    page.get_by_role("button", name="Explain").click()
    explained(page)
    assert len(page.url) < 1000
    page.reload()
    assert page.get_by_label("Text", exact=True).input_value() == long
    explained(page)


def test_two_methods_share_one_cursor_and_one_scale(at):
    page = at(ASKED)
    explained(page)
    page.get_by_label("compare with").select_option("kernel_shap")
    first, second = explained(page), explained(page, 1)
    assert query_of(page)["second"] == ["kernel_shap"]
    page.locator("h1").hover()
    first.locator(".highlight .text [data-mark='3']").hover()
    assert second.locator(".highlight .text .lit").get_attribute("data-mark") == "3"
    ends = [one.locator(".highlight .legend b").last.inner_text() for one in (first, second)]
    assert ends[0] == ends[1]
    assert not violations(page)


def test_two_methods_are_measured(at):
    page = at(f"{ASKED}&second=saliency")
    explained(page, 1)
    page.get_by_role("button", name="Measure both").click()
    page.locator(".comparison table").first.wait_for()
    words = page.locator(".comparison").inner_text()
    assert "comprehensiveness" in words
    assert "saliency" in words
    assert not violations(page)


def test_a_written_token_is_asked_for_its_sources(at):
    page = at()
    page.get_by_label("Text", exact=True).fill(PARIS)
    page.get_by_role("button", name="Generate").click()
    tokens = page.locator(".goes-on .token")
    tokens.first.wait_for()
    assert page.locator("article.explained").count() == 0
    tokens.nth(1).click()
    article = explained(page)
    assert tokens.nth(1).get_attribute("aria-pressed") == "true"
    [said] = query_of(page)["target"]
    assert "".join(tokens.all_inner_texts()) == said.strip()
    start, end = map(int, query_of(page)["span"][0].split(":"))
    assert said[start:end].strip() == tokens.nth(1).inner_text()
    model = pellucid.load("demo-lm")
    why = pellucid.explain(model, PARIS, target=said, span=(start, end))
    assert f"{np.abs(why.credit()).max():.3g}" in " ".join(scores(article))
    tokens.nth(0).click()
    page.wait_for_url(re.compile(r"span=0%3A"))
    page.reload()
    explained(page)
    assert page.locator(".goes-on .token[aria-pressed=true]").inner_text() == tokens.nth(0).inner_text()
    assert not violations(page)


def test_labels_are_asked_why(at):
    page = at("?model=demo-sentiment&text=A+good+film,+but+far+too+long.&write=16")
    page.get_by_role("button", name="Why POSITIVE?").click()
    assert explained(page).locator(".title").inner_text() == "Why “POSITIVE”?"
    assert page.get_by_label("Why this answer").input_value() == "POSITIVE"
    assert not violations(page)


@pytest.mark.parametrize("by", ["leave_one_out", "saliency"])
def test_trying_to_break_it_is_what_the_model_says(at, by):
    page = at(f"?model=demo-lm&text=The+capital+of+France+is&by={by}&target=+Paris")
    explained(page)
    page.get_by_role("button", name="Try to break it").click()
    switches = page.locator(".break-text [data-mark]")
    switches.nth(1).click()
    switches.nth(3).focus()
    page.keyboard.press("Space")
    page.locator(".break-it .says").wait_for()
    page.locator(".break-it .tries tr", has_text="capital, France").wait_for()
    assert query_of(page)["removed"] == ["1.3"]
    model = pellucid.load("demo-lm")
    why = pellucid.explain(model, PARIS, by=by, target=" Paris")
    kept = np.ones((2, 5), bool)
    kept[1, [1, 3]] = False
    whole, without = model.value(why.text, why.target).total(kept)
    real = page.locator(".three tr", has_text="real").locator(".number").inner_text()
    assert float(real) == pytest.approx(whole - without, rel=5e-3)
    promised = page.locator(".three tr", has_text="promised").locator("td").first.inner_text()
    if by == "leave_one_out":
        assert float(promised) == pytest.approx(why.credit()[[1, 3]].sum(), rel=5e-3)
    else:
        assert promised == "more than random"
    assert re.search(r"\d of \d promises? held", page.locator(".score").inner_text())
    assert not violations(page)
    page.reload()
    page.locator(".break-it .says").wait_for()
    assert page.locator(".break-text [aria-pressed=true]").count() == 2
    page.get_by_role("button", name="Put all back").click()
    assert page.locator(".break-text .gone").count() == 0


def test_running_work_is_cancelled(at, server):
    page = at()
    page.get_by_label("Text", exact=True).fill(SLOW)
    page.get_by_label("Method", exact=True).select_option("shapley_sampling")
    page.get_by_text("Options of shapley_sampling").click()
    page.get_by_label("samples").fill("5000")
    with page.expect_response(lambda r: r.url.endswith("/explain") and r.status == 202) as started:
        page.get_by_role("button", name="Explain").click()
    job = started.value.json()["id"]
    page.get_by_text(re.compile(r"\d+ of [\d,]+ · [\d,]+ forwards")).wait_for()
    assert not violations(page)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled.", exact=True).wait_for()
    ask = f"""async () => {{
        const headers = {{ Authorization: 'Bearer {server.token}' }};
        return (await (await fetch('/api/v1/jobs/{job}', {{ headers }})).json()).state;
    }}"""
    for _ in range(100):
        if (state := page.evaluate(ask)) == "cancelled":
            break
        page.wait_for_timeout(100)
    assert state == "cancelled"
    page.get_by_label("Text", exact=True).fill(PARIS)
    page.get_by_label("samples").fill("8")
    page.get_by_role("button", name="Explain").click()
    explained(page)


def test_a_stale_answer_never_stands_in_a_newer_ones_place(at):
    page = at()
    page.get_by_label("Text", exact=True).fill(SLOW)
    page.get_by_label("Method", exact=True).select_option("shapley_sampling")
    page.get_by_text("Options of shapley_sampling").click()
    page.get_by_label("samples").fill("5000")
    page.get_by_role("button", name="Explain").click()
    page.locator(".job").wait_for()
    page.get_by_label("Text", exact=True).fill(PARIS)
    page.get_by_label("Method", exact=True).select_option("leave_one_out")
    page.get_by_role("button", name="Explain").click()
    assert "leave_one_out" in explained(page).inner_text()
    page.wait_for_timeout(500)
    assert "leave_one_out" in explained(page).inner_text()


def test_a_refusal_stands_in_the_servers_words_and_nothing_is_lost(at):
    page = at()
    page.get_by_label("Text", exact=True).fill(PARIS)
    page.get_by_label("Method", exact=True).select_option("activation_patching")
    page.get_by_role("button", name="Explain").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "corrupt" in alert.inner_text()
    assert page.get_by_label("Text", exact=True).input_value() == PARIS
    assert not violations(page)


def test_a_full_queue_offers_to_ask_again(at, watch):
    page = at()
    words = "64 pieces of work wait for demo-lm. Ask again in 2 s."
    full = {"error": {"type": "QueueFull", "message": words}}
    page.route(
        "**/explain",
        lambda route: route.fulfill(status=429, json=full, headers={"Retry-After": "2"}),
        times=1,
    )
    page.get_by_label("Text", exact=True).fill(PARIS)
    page.get_by_role("button", name="Explain").click()
    page.get_by_role("alert").get_by_text(words).wait_for()
    page.get_by_role("button", name="Ask again").click()
    explained(page)
    _expect_refusal(watch, 429)


def test_where_events_do_not_come_through_the_page_asks(at):
    page = at()
    page.route(
        "**/events", lambda route: route.fulfill(status=200, content_type="text/event-stream", body="")
    )
    page.get_by_label("Text", exact=True).fill(PARIS)
    page.get_by_role("button", name="Explain").click()
    assert explained(page).locator(".title").inner_text() == "Why “Paris”?"


def test_a_verdict_is_given(at):
    page = at("?model=demo-lm&text=The+capital+of+France+is&by=leave_one_out")
    explained(page)
    page.get_by_role("button", name="Is it to be trusted?").click()
    page.locator(".verdict table, .verdict .trust").first.wait_for()
    words = page.locator(".verdict").inner_text()
    assert re.search("Use it|Do not use|cannot tell", words, re.IGNORECASE)
    assert page.locator(".verdict .highlight").count() == 0
    page.reload()
    page.locator(".verdict table, .verdict .trust").first.wait_for()
    assert not violations(page)


def test_downloads_are_whole_and_open_again(at, tmp_path):
    page = at(ASKED)
    before = scores(explained(page))
    for suffix, begins in (("JSON", b"{"), ("HTML", b"<!doctype"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download as {suffix}").click()
        download.value.save_as(tmp_path / f"it.{suffix.lower()}")
        assert (tmp_path / f"it.{suffix.lower()}").read_bytes().startswith(begins)
    assert pellucid.read(tmp_path / "it.json").provenance.by == "leave_one_out"
    page.get_by_label("A saved explanation").set_input_files(tmp_path / "it.json")
    page.wait_for_url(re.compile("shown="))
    assert scores(explained(page)) == before
    page.reload()
    assert scores(explained(page)) == before


def test_what_is_no_explanation_is_not_opened(at, tmp_path, watch):
    (tmp_path / "it.json").write_text('{"pellucid": "nothing"}')
    page = at()
    page.get_by_label("A saved explanation").set_input_files(tmp_path / "it.json")
    page.get_by_role("alert").wait_for()
    _expect_refusal(watch, 422)


def test_the_code_gives_the_same_numbers(at):
    page = at(
        "?model=demo-sentiment&text=A+good+film,+but+far+too+long.&by=shapley_sampling&unit=word&o.samples=16&removed=1.2"
    )
    shown = scores(explained(page))
    page.get_by_text("The same in Python and on the command line").click()
    page.get_by_role("button", name="Copy as Python").click()
    page.get_by_role("button", name="Copied").wait_for()
    code = page.evaluate("navigator.clipboard.readText()")
    space: dict = {}
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(code, space)
    assert len(shown) == len(space["why"].credit())
    for label, credit in zip(shown, space["why"].credit(), strict=True):
        number = re.search(r", ([+-]?[\d.]+)", label)
        assert number
        assert float(number[1]) == pytest.approx(credit, rel=1e-2, abs=1e-4)
    fall = float(said.getvalue().strip().splitlines()[-1])
    real = page.locator(".three tr", has_text="real").locator(".number")
    real.wait_for()
    assert float(real.inner_text()) == pytest.approx(fall, rel=5e-3)
    page.get_by_role("button", name="Copy as command line").click()
    command = shlex.split(page.evaluate("navigator.clipboard.readText()"))
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert run([*command[1:], "--format", "json", "--quiet", "--no-evaluate"]) == 0
    found = json.loads(told.getvalue())
    assert np.ravel(found["arrays"]["attribution"]["values"]) == pytest.approx(space["why"].credit())


@pytest.mark.parametrize("token", ["#token=wrong", ""])
def test_without_the_token_the_app_says_where_it_is(app, server, watch, token):
    app.goto(f"{server.origin}/{ASKED}{token}")
    field = app.get_by_label("The address, or the token alone")
    field.wait_for()
    assert "pellucid serve" in app.locator("main").inner_text()
    assert (app.get_by_role("alert").count() == 1) == bool(token)
    assert not violations(app)
    field.fill(server.address())
    app.get_by_role("button", name="Go on").click()
    explained(app)
    if token:
        _expect_refusal(watch, 401)


def test_everything_is_reached_by_keys(at):
    page = at()

    named = """(({ activeElement: at }) => at.getAttribute('aria-label') ?? at.labels?.[0]?.innerText ?? at.innerText)
        (document)"""

    def tab_to(name: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if name in page.evaluate(named):
                return
        raise AssertionError(f"Tab does not reach {name!r}")

    tab_to("Text")
    page.keyboard.type(PARIS)
    page.keyboard.press("Control+Enter")
    article = explained(page)
    tab_to("Try to break it")
    page.keyboard.press("Enter")
    tab_to("The, ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.locator(".break-it .says").wait_for()
    assert article.locator(".break-text .gone").inner_text().strip() == "of"
    assert page.evaluate("document.activeElement.dataset.mark") == "2"
    tab_to("The, ")  # of the figure below
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.dataset.mark") == "4"
    page.keyboard.press("Enter")
    assert article.locator(".highlight .text [data-mark='4']").get_attribute("aria-pressed") == "true"
    assert article.locator(".break-text .lit").get_attribute("data-mark") == "4"


@pytest.mark.parametrize("size", [(390, 844)], ids=str, indirect=True)
def test_a_small_screen_shows_all_of_it(at):
    page = at(f"{ASKED}&second=kernel_shap&write=8&removed=1")
    explained(page, 1)
    page.locator(".break-it .says").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not violations(page)


@pytest.mark.parametrize("scheme", ["dark"], indirect=True)
def test_dark_hosts_have_a_readable_page(at):
    page = at(f"{ASKED}&second=saliency&write=8&removed=1.3")
    explained(page, 1)
    page.locator(".break-it .says").wait_for()
    page.get_by_text("The same in Python and on the command line").click()
    assert not violations(page)


def _expect_refusal(watch, status: int) -> None:
    """The browser itself notes a refusal in its console: that one, and nothing else."""
    expected = [words for words in watch.complaints if f"status of {status}" in words]
    assert expected == watch.complaints
    assert len(expected) >= 1
    watch.complaints.clear()
