"""Options as JSON: the same types as in Python, and none that opens a file."""

from __future__ import annotations

import json

import pytest

from pellucid.app.options import MOST, MOST_ITEMS, MOST_OF, READS_FILES, checked_options, offered, option_card
from pellucid.core.errors import BadOption
from pellucid.core.options import options_of
from pellucid.core.registry import Kind, catalogue

KINDS: tuple[Kind, ...] = ("method", "metric")
# Each was read: none is the name of a file. Whoever adds one here has looked.
TEXTS_THAT_NAME_NO_FILE = {
    "baseline", "baselines", "corrupt", "others", "placeholder", "prompt", "rephrasings", "sites", "subject",
    "texts", "to",
}  # fmt: skip


def every_option():
    return [(card, o) for kind in KINDS for card in catalogue(kind) for o in options_of(card)]


@pytest.mark.parametrize(("card", "option"), every_option(), ids=lambda one: getattr(one, "name", None))
def test_every_default_may_be_given_as_json(card, option):
    if card.name in READS_FILES:
        return  # it is not offered
    default = json.loads(json.dumps(option.default))
    assert checked_options(card, {option.name: default}) == {option.name: option.default}
    described = option_card(option)
    assert described["default"] == default
    assert described["kind"] in ("integer", "number", "boolean", "choice", "text", "list")


def test_no_option_names_a_file():
    texts = {o.name for card, o in every_option() if "str" in str(o.kind) and card.name not in READS_FILES}
    assert texts == TEXTS_THAT_NAME_NO_FILE
    for name in READS_FILES:
        with pytest.raises(BadOption, match="no request opens one"):
            offered("method", name)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("shapley_sampling", {"samples": MOST, "seed": 2**32 - 1}, None),
        ("logit_lens", {"layers": [0, 2]}, {"layers": (0, 2)}),
        ("logit_lens", {"layers": None}, {"layers": None}),
        ("logit_lens", {"layers": [0] * MOST_ITEMS}, {"layers": (0,) * MOST_ITEMS}),
        ("integrated_gradients", {"steps": MOST_OF["steps"]}, None),
        ("lrp", {"epsilon": 1}, {"epsilon": 1.0}),
    ],
)
def test_what_is_possible(name, given, expected):
    assert checked_options(offered("method", name), given) == (expected or given)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("shapley_sampling", {"samples": MOST + 1}),
        ("shapley_sampling", {"samples": -MOST - 1}),
        ("shapley_sampling", {"samples": None}),
        ("shapley_sampling", {"seed": 2**32}),
        ("shapley_sampling", {"seed": True}),
        ("shapley_sampling", {"samples": [1]}),
        ("shapley_sampling", {"samples": {"a": 1}}),
        ("integrated_gradients", {"steps": MOST_OF["steps"] + 1}),
        ("discretized_integrated_gradients", {"factor": MOST_OF["factor"] + 1}),
        ("logit_lens", {"layers": [0] * (MOST_ITEMS + 1)}),
        ("logit_lens", {"layers": 3}),
        ("logit_lens", {"layers": [10**9]}),
        ("logit_lens", {"layers": "0"}),
        ("lrp", {"epsilon": float("nan")}),
        ("lrp", {"epsilon": float("inf")}),
        ("saliency", {"norm": 1}),
        ("leave_one_out", {"ablate": "Delete"}),
        ("leave_one_out", {"ablate": ["delete"]}),
    ],
)
def test_what_is_not(name, given):
    with pytest.raises(BadOption):
        checked_options(offered("method", name), given)
