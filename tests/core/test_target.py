from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core.errors import BadOption
from pellucid.core.target import SCALES, Target

STRINGS = st.text(max_size=8)
TARGETS = st.builds(
    Target,
    answer=st.none() | STRINGS,
    against=st.none() | STRINGS,
    scale=st.none() | st.sampled_from(SCALES),
    answer_tokens=st.none() | st.integers(1, 9),
    outputs=st.lists(STRINGS, max_size=3).map(tuple),
    ids=st.lists(st.integers(0, 99), max_size=3).map(tuple),
    against_ids=st.lists(st.integers(0, 99), max_size=3).map(tuple),
)


@given(TARGETS)
def test_plain_data_and_back(target):
    assert Target.from_dict(json.loads(json.dumps(target.as_dict()))) == target


def test_of_takes_strings_numbers_none_and_targets():
    assert Target.of(" Paris") == Target(answer=" Paris")
    assert Target.of(3) == Target(answer="3")
    assert Target.of(None) == Target()
    given_target = Target(answer="x", against="y")
    assert Target.of(given_target) is given_target


def test_refusals_name_what_is_possible():
    with pytest.raises(BadOption, match=r'scale="loud" is not known. Scales: logit, logprob, prob, logodds'):
        Target(scale="loud")
    with pytest.raises(BadOption, match="at least one token"):
        Target(answer_tokens=0)
    with pytest.raises(BadOption, match="is not known"):
        Target().on("loud")


def test_resolved_needs_answer_scale_and_ids():
    whole = Target("a", scale="prob", outputs=("a",), ids=(0,))
    assert whole.resolved
    assert whole.on("logit").resolved
    for part in (Target(scale="prob", ids=(0,)), Target("a", ids=(0,)), Target("a", scale="prob")):
        assert not part.resolved


def test_reads_as_words():
    assert str(Target()) == "score of the model's own answer"
    assert (
        str(Target(" Paris", against=" London", scale="logprob"))
        == "logprob of ' Paris' rather than ' London'"
    )


def test_cannot_be_changed():
    with pytest.raises(AttributeError):
        Target().answer = "x"
