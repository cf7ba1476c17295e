"""What a model gives is read off its class, and what a method needs is refused in words."""

import pytest

import pellucid
from pellucid.core.errors import NeedsAccess
from pellucid.core.protocols import access_of


class OnlyScores:
    """A model of a scoring API: everything but gradients."""

    def __init__(self, model):
        self._model = model
        self.name, self.fingerprint, self.continues = "an API", model.fingerprint, False

    def cut(self, text, unit=None):
        return self._model.cut(text, unit)

    def generate(self, texts, *, max_tokens=64):
        return self._model.generate(texts, max_tokens=max_tokens)

    def resolve(self, text, target):
        return self._model.resolve(text, target)

    def value(self, text, target, ablate=None):
        return self._model.value(text, target, ablate)


def test_each_step_of_the_ladder(demo_sentiment):
    class Writes:
        def cut(self, text, unit=None): ...
        def generate(self, texts, *, max_tokens=64): ...

    assert access_of(demo_sentiment) == "WhiteBox"
    assert access_of(OnlyScores(demo_sentiment)) == "GreyBox"
    assert access_of(Writes()) == "BlackBox"
    assert access_of(demo_sentiment.module) == ""


def test_looking_hashes_no_weights(demo_sentiment, monkeypatch):
    def fail(_):
        raise AssertionError("the fingerprint was read")

    monkeypatch.setattr(type(demo_sentiment), "fingerprint", property(fail))
    assert access_of(demo_sentiment) == "WhiteBox"


def test_a_scoring_api_can_be_explained_and_measured(demo_sentiment):
    model = OnlyScores(demo_sentiment)
    why = pellucid.explain(model, "a warm and funny film", "leave_one_out")
    assert (why.credit() == pellucid.explain(demo_sentiment, "a warm and funny film").credit()).all()
    assert pellucid.evaluate(why, model)[0].applies


def test_too_little_access_names_what_is_possible(demo_sentiment):
    with pytest.raises(
        NeedsAccess, match=r"integrated_gradients needs WhiteBox access, and an API gives GreyBox"
    ) as e:
        pellucid.explain(OnlyScores(demo_sentiment), "a warm film", "integrated_gradients")
    assert "leave_one_out" in str(e.value)
    assert "input_x_gradient" not in str(e.value)
