from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.target import SCALES, Target

STRINGS = st.text(max_size=8)
RANGES = st.tuples(st.integers(0, 3), st.integers(4, 8))
FIELDS: dict[str, Any] = {
    "answer": st.none() | STRINGS,
    "answer_tokens": st.none() | st.integers(1, 9),
    "outputs": st.lists(STRINGS, max_size=3).map(tuple),
    "ids": st.lists(st.integers(0, 99), max_size=3).map(tuple),
}
CONTRASTS = st.builds(
    Target,
    **FIELDS,
    against=st.none() | STRINGS,
    scale=st.sampled_from([None, "logit", "logprob", "prob", "logodds"]),
    against_ids=st.lists(st.integers(0, 99), max_size=3).map(tuple),
)
SPANS = st.builds(
    Target,
    **FIELDS,
    scale=st.none() | st.sampled_from(SCALES),
    span=st.none() | st.text(min_size=1, max_size=8) | RANGES,
    span_tokens=st.none() | RANGES,
)


@given(CONTRASTS | SPANS)
def test_plain_data_and_back(target):
    assert Target.from_dict(json.loads(json.dumps(target.as_dict()))) == target


def test_data_from_before_spans_is_read():
    plain = Target("a", scale="prob", outputs=("a",), ids=(0,)).as_dict()
    older = {name: value for name, value in plain.items() if name not in ("at", "span", "span_tokens")}
    assert Target.from_dict(older) == Target.from_dict(plain)


def test_of_takes_strings_numbers_none_and_targets():
    assert Target.of(" Paris") == Target(answer=" Paris")
    assert Target.of(3) == Target(answer="3")
    assert Target.of(None) == Target()
    given_target = Target(answer="x", against="y")
    assert Target.of(given_target) is given_target


def test_refusals_name_what_is_possible():
    with pytest.raises(
        BadOption, match=r'scale="loud" is not known. Scales: logit, logprob, prob, logodds, entropy, kl'
    ):
        Target(scale="loud")
    with pytest.raises(BadOption, match="at least one token"):
        Target(answer_tokens=0)
    with pytest.raises(BadOption, match="is not known"):
        Target().on("loud")


def test_what_cannot_be_asked_together_is_refused():
    with pytest.raises(TargetImpossible, match="span and against exclude each other"):
        Target("a b", against="c", span="a")
    with pytest.raises(BadOption, match="span is empty"):
        Target("a b", span="")
    for scale in ("entropy", "kl"):
        with pytest.raises(TargetImpossible, match=rf'scale="{scale}" is of all .* leave out against'):
            Target("a", against="b", scale=scale)
        with pytest.raises(TargetImpossible, match="leave out against"):
            Target("a", against="b").on(scale)


def test_methods_refuse_numbers_that_they_cannot_follow():
    for scale in SCALES:
        target = Target("a", scale=scale)
        assert target.of_distribution == (scale in ("entropy", "kl"))
        if target.of_distribution:
            with pytest.raises(TargetImpossible, match=f'a_method follows .* scale="{scale}".*lime'):
                target.check_answer("a_method")
        else:
            target.check_answer("a_method")
        if scale == "kl":
            with pytest.raises(TargetImpossible, match=r"integrated_gradients.*leave_one_out"):
                target.check_slope()
        else:
            target.check_slope()


def test_a_span_is_a_part_of_the_answer():
    whole = Target(" It is Paris.", ids=(3, 4, 5, 6), scale="logprob")
    span = Target(" It is Paris.", ids=(3, 4, 5, 6), scale="logprob", span=(7, 12), span_tokens=(2, 3))
    assert (whole.part, whole.ids[whole.tokens]) == (" It is Paris.", (3, 4, 5, 6))
    assert (span.part, span.ids[span.tokens]) == ("Paris", (5,))
    assert Target(span="Paris").part == "Paris"
    assert Target(span=(7, 12)).part == "characters 7:12"
    assert whole.resolved
    assert span.resolved
    for unplaced in ("Paris", (7, 12)):
        assert not Target(" It is Paris.", ids=(3, 4), scale="logprob", span=unplaced).resolved


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
    span = Target(" It is Paris.", span=(7, 12), scale="logprob")
    assert str(span) == "logprob of 'Paris' in ' It is Paris.'"
    assert str(Target(span="Paris")) == "score of 'Paris' in the model's own answer"
    assert str(Target(" Paris", scale="entropy")) == "entropy at ' Paris'"


def test_cannot_be_changed():
    with pytest.raises(AttributeError):
        Target().answer = "x"
