"""Attention weights, against those that transformers returns."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.methods.attention import attention_weights as module
from tests.families import family, question
from tests.methods.attention.looked import SOME, asked, patterns


@pytest.mark.parametrize("name", [*SOME, "t5", "bart"])
def test_they_are_transformers_own(name: str) -> None:
    model, text, target = asked(name)
    why = pellucid.explain(model, text, by="attention_weights", target=target)
    own = patterns(model, text, None)
    assert why.primary.dims == ("layer", "head", "query", "key")
    np.testing.assert_allclose(why.primary.values, np.stack([p.numpy() for p in own]), atol=1e-6)
    np.testing.assert_allclose(why.primary.sum("key").values, 1, atol=1e-5)
    assert tuple(why.data["query_text"].values) == tuple(why.data["key_text"].values) == model.tokens(text)


def test_some_layers_and_heads() -> None:
    asks = {"text": question("llama").text, "by": "attention_weights", "target": " the"}
    whole = pellucid.explain(family("llama"), **asks).primary
    some = pellucid.explain(family("llama"), layers=(1,), heads=(3, 0), **asks)
    np.testing.assert_array_equal(some.primary.values, whole.values[[1]][:, [3, 0]])
    assert some.data["head"].values.tolist() == [3, 0]
    assert some.provenance.options["layers"] == [1]


def test_the_reader_is_warned() -> None:
    why = pellucid.explain(family("gpt2"), question("gpt2").text, by="attention_weights", target=" the")
    assert "not what it used" in why.provenance.notes[-1]
    with pytest.raises(BadOption, match="no attribution"):
        why.credit()


@pytest.mark.parametrize(
    ("options", "said"),
    [({"layers": (2,)}, "layers=2: the layers of gpt2 .* are 0,1"), ({"layers": ()}, "layers=:"),
     ({"heads": (4,)}, "heads=4: gpt2 has 4 heads a layer, 0 to 3"), ({"heads": (-1,)}, "heads=-1")],
)  # fmt: skip
def test_layers_and_heads_that_are_not_there(options: dict, said: str) -> None:
    with pytest.raises(BadOption, match=said):
        pellucid.explain(family("gpt2"), question("gpt2").text, by="attention_weights", **options)


def test_what_is_too_much_is_refused_and_so_is_what_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnsupportedModel, match="bloom"):
        pellucid.explain(family("bloom"), question("bloom").text, by="attention_weights")
    monkeypatch.setattr(module, "MOST", 10)
    with pytest.raises(BadOption, match="Name fewer: --layers"):
        pellucid.explain(family("gpt2"), question("gpt2").text, by="attention_weights")
