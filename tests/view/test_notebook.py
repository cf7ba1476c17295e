from __future__ import annotations

import pytest

from pellucid.view.draw import draw
from pellucid.view.notebook import BUDGET, notebook
from tests.view.make import TEXTS, bytes_as_tokens, score, why
from tests.view.page import parse


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_plain_and_html(text):
    bundle = notebook([why(text, bytes_as_tokens(text)), score()])
    assert set(bundle) == {"text/plain", "text/html"}
    assert "\x1b" not in bundle["text/plain"]
    parsed = parse(bundle["text/html"])
    assert parsed.tags[:2] == ["style", "div"]
    assert not {"html", "body", "script", "main"} & set(parsed.tags)


@pytest.mark.parametrize(
    ("words", "outputs", "kept"),
    [
        (20, 2, ("matrix", "text", "bars")),
        (1000, 8, ("text", "bars")),
        (2000, 1, ("text", "bars")),
        (3000, 2, ()),
    ],
)
def test_it_stays_small_and_says_so(words, outputs, kept):
    text = " ".join(f"word{i}" for i in range(words))
    made = why(text, outputs=tuple(f"o{i}" for i in range(outputs)))
    bundle = notebook([made, score()])
    assert all(len(content.encode()) <= BUDGET for content in bundle.values())
    css = {value for _, name, value in parse(bundle["text/html"]).attributes if name == "class"}
    assert css & {"matrix", "text", "bars"} == set(kept)
    assert ("pellucid.save" in bundle["text/html"]) == (words > 20)
    assert "comprehensiveness" in bundle["text/html"]


def test_results_show_themselves():
    made = why("a b")
    assert made._repr_mimebundle_() == notebook(made)
    assert score()._repr_mimebundle_() == notebook([score()])
    figure = draw(made)
    assert figure._repr_mimebundle_() == notebook(made)
    assert str(figure) == str(made)
