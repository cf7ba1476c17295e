from __future__ import annotations

import html as escaping

import pytest

from pellucid.view import notebook as module
from pellucid.view.draw import draw
from pellucid.view.in_browser.frame_height import HIGHEST, LOWEST, frame_height
from pellucid.view.notebook import BUDGET, notebook
from tests.view.make import TEXTS, bytes_as_tokens, score, why
from tests.view.page import parse


def values(page: str, tag: str, name: str) -> list[str]:
    return [value for found, attribute, value in parse(page).attributes if (found, attribute) == (tag, name)]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_plain_and_html(text):
    bundle = notebook([why(text, bytes_as_tokens(text)), score()])
    assert set(bundle) == {"text/plain", "text/html"}
    assert "\x1b" not in bundle["text/plain"]
    parsed = parse(bundle["text/html"])
    assert parsed.tags[0] == "style"
    assert not {"html", "body", "script", "main", "link", "img", "a"} & set(parsed.tags)
    assert not {name for _, name, _ in parsed.attributes if name == "id" or name.startswith("on")}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_one_frame_that_may_run_its_script_and_nothing_else(text):
    page = notebook(why(text))["text/html"]
    assert parse(page).tags.count("iframe") == 1
    assert values(page, "iframe", "sandbox") == ["allow-scripts"]
    [live] = values(page, "iframe", "srcdoc")
    assert live.startswith("<!doctype html>")
    parsed = parse(live)
    assert [attrs.get("type") for attrs, _ in parsed.scripts] == ["application/json", "text/plain", None]
    assert parsed.lines == parse(page).lines  # where no script may run, the frame says the same
    assert "://" not in page.replace(escaping.escape(live), "")


def test_links_within_a_frame_would_lead_out_of_it():
    import pellucid

    case = pellucid.report([why("a b"), why("a b"), why("a b")])
    [live] = values(notebook(case)["text/html"], "iframe", "srcdoc")
    assert "<nav" not in live
    assert "href" not in {name for _, name, _ in parse(live).attributes}


@pytest.mark.parametrize(
    ("words", "outputs", "kept", "live"),
    [
        (20, 2, ("matrix", "text", "bars"), True),
        (1000, 8, ("text", "bars"), False),
        (2000, 1, ("text", "bars"), False),
        (3000, 2, (), False),
    ],
)
def test_it_stays_small_and_says_so(words, outputs, kept, live):
    text = " ".join(f"word{i}" for i in range(words))
    made = why(text, outputs=tuple(f"o{i}" for i in range(outputs)))
    bundle = notebook([made, score()])
    assert all(len(content.encode()) <= BUDGET for content in bundle.values())
    assert ("iframe" in parse(bundle["text/html"]).tags) == live
    css = {value for _, name, value in parse(bundle["text/html"]).attributes if name == "class"}
    assert css & {"matrix", "text", "bars"} == set(kept)
    assert ("pellucid.save" in bundle["text/html"]) == (words > 20)
    assert "comprehensiveness" in bundle["text/html"]


def test_what_fits_only_without_the_frame_stands_still_and_says_so(monkeypatch):
    made = [why("a b c", outputs=("x", "y")), score()]
    monkeypatch.setattr(module, "BUDGET", 50_000)
    page = notebook(made)["text/html"]
    assert "iframe" not in parse(page).tags
    assert "matrix" in {value for _, name, value in parse(page).attributes if name == "class"}
    assert "stands still" in parse(page).words


def test_a_frame_is_as_high_as_what_is_in_it_within_bounds():
    short, long = frame_height(draw(why("a b"))), frame_height(draw(why(" ".join(["word"] * 40))))
    assert LOWEST < short < long
    assert frame_height(draw(why(" ".join(["word"] * 2000)))) == HIGHEST


def test_results_show_themselves():
    made = why("a b")
    assert made._repr_mimebundle_() == notebook(made)
    assert score()._repr_mimebundle_() == notebook([score()])
    figure = draw(made)
    assert figure._repr_mimebundle_() == notebook(made)
    assert str(figure) == str(made)
