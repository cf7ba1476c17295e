"""`pellucid doctor` and `pellucid methods`."""

from __future__ import annotations

import json

import pytest

from pellucid.core.registry import names


def test_doctor_says_what_is_here(cli, no_model):
    done = cli("doctor")
    assert done.code == 0
    for words in ("python", "torch", "transformers", "threads", "memory", "demo-lm", "demo-sentiment", "cpu"):
        assert words in done.out


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("demo-lm", ["GPT2LMHeadModel", "256 tokens", "none", "delete, attention"]),
        ("demo-sentiment", ["BertForSequenceClassification", "NEGATIVE, POSITIVE", "[MASK]", "delete, mask"]),
    ],
)
def test_doctor_checks_a_model(cli, model, says):
    done = cli("doctor", model, "--width", "120")
    assert done.code == 0
    assert "FAILED" not in done.out
    invariants = ["a padded row scores as the row alone", "patterns times values are z"]
    for words in [*says, *invariants, "resid_mid", "all ", "float32 on cpu"]:
        assert words in done.out


def test_methods_lists_every_method(cli, no_model):
    out = cli("methods", "--width", "200").out
    for name in names("method"):
        assert name in out
    assert "Cost: one forward per feature, and one." in out
    assert sorted(
        c["name"] for c in json.loads(cli("methods", "--metrics", "--format", "json").out)
    ) == names("metric")


def test_a_name_shows_its_card(cli, no_model):
    out = cli("methods", "shapley_sampling", "--width", "200").out
    for words in ("--samples", "INTEGER", "64", "how many orders", "GreyBox", "arXiv:2104.12199"):
        assert words in out
    assert ":param" not in out
    assert "higher" in cli("methods", "comprehensiveness").out
