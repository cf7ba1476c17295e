"""What is written is what is read, in both formats, whatever it is."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import get_args

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from pellucid.core.explanation import DIMS, Explanation
from pellucid.core.provenance import Provenance
from pellucid.core.score import Control, Score
from pellucid.core.strings import strings
from pellucid.core.target import SCALES, Target
from pellucid.core.text import Feature, Text
from pellucid.core.verdict import State, Trial, Verdict, Word
from pellucid.store import as_json, as_safetensors, plain

FORMATS = pytest.mark.parametrize("store", [as_json, as_safetensors], ids=["json", "safetensors"])
NUMBERS = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
]
# Every character, halves of surrogate pairs included.
STRINGS = st.text(st.characters(), max_size=12)
FLOATS = st.floats(allow_nan=True, allow_infinity=True)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | STRINGS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(STRINGS.filter(lambda k: k != "$float"), inner, max_size=3)
    ),
    max_leaves=6,
)
OPTIONS = st.dictionaries(STRINGS, PLAIN, max_size=3)


def provenances() -> st.SearchStrategy[Provenance]:
    return st.builds(
        Provenance,
        model=STRINGS,
        fingerprint=STRINGS,
        by=STRINGS,
        options=OPTIONS,
        seed=st.none() | st.integers(),
        seconds=FLOATS,
        tokens=st.integers(),
        versions=st.dictionaries(STRINGS, STRINGS, max_size=2),
        notes=st.lists(STRINGS, max_size=2).map(tuple),
    )


def values(shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    numbers = st.sampled_from(NUMBERS).flatmap(lambda dtype: arrays(dtype, shape))
    entries = st.lists(STRINGS | st.just("\0"), min_size=math.prod(shape), max_size=math.prod(shape))
    return numbers | entries.map(lambda found: strings(found).reshape(shape))


@st.composite
def explanations(draw: st.DrawFn) -> Explanation:
    shape = draw(array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    dims = draw(st.permutations(sorted(DIMS - {"input"})))[: len(shape)]
    found = draw(st.lists(st.tuples(st.text("abcdef", min_size=1), values(shape)), min_size=1, max_size=3))
    attrs = {**draw(OPTIONS), "primary": found[0][0], "signed": draw(st.booleans()), "units": draw(STRINGS)}
    data = xr.Dataset({name: (dims, array) for name, array in found}, attrs=attrs)
    if dims:
        data = data.assign_coords(beside=(dims[0], draw(values(shape[:1]))))
    string = draw(STRINGS)
    baselines = st.lists(STRINGS, max_size=2).map(tuple)
    features = tuple(
        Feature(i, i + 1, draw(STRINGS), draw(baselines)) for i in range(len(string)) if draw(st.booleans())
    )
    target = Target(
        answer=draw(st.none() | STRINGS),
        scale=draw(st.sampled_from([None, *SCALES])),
        outputs=draw(st.lists(STRINGS, max_size=2).map(tuple)),
        ids=draw(st.lists(st.integers(), max_size=2).map(tuple)),
    )
    return Explanation(data, Text(string, "word", features), target, draw(provenances()))


@st.composite
def some_scores(draw: st.DrawFn) -> Score:
    reason = draw(STRINGS)
    return Score(
        metric=draw(STRINGS),
        value=math.nan if reason else draw(st.floats(allow_nan=False)),
        better=draw(st.sampled_from(["higher", "lower"])),
        bounds=(-math.inf, draw(st.floats(allow_nan=False))),
        provenance=draw(provenances()),
        controls=(Control(draw(STRINGS), tuple(draw(st.lists(FLOATS, min_size=1, max_size=3)))),),
        interval=draw(st.none() | st.tuples(FLOATS, FLOATS)),
        reason=reason,
        parts=draw(st.dictionaries(STRINGS, st.lists(FLOATS, max_size=3).map(tuple), max_size=2)),
    )


@st.composite
def some_verdicts(draw: st.DrawFn) -> Verdict:
    trials = st.builds(Trial, some_scores(), STRINGS, st.sampled_from(get_args(State)))
    return Verdict(
        word=draw(st.sampled_from(get_args(Word))),
        sentence=draw(STRINGS),
        p_random=draw(FLOATS),
        p_matched=draw(FLOATS),
        trials=tuple(draw(st.lists(trials, max_size=3))),
        provenance=draw(provenances()),
    )


def same_plain(one: object, other: object) -> bool:
    """Equality of plain data in which NaN equals NaN, and 1 is neither 1.0 nor True."""
    return repr(one) == repr(other)


def assert_same(one: Explanation, other: Explanation) -> None:
    assert (one.text, one.target) == (other.text, other.target)
    assert same_plain(asdict(one.provenance), asdict(other.provenance))
    assert same_plain(one.data.attrs, other.data.attrs)
    assert list(one.data.variables) == list(other.data.variables)
    assert set(one.data.coords) == set(other.data.coords)
    for name, array in one.data.variables.items():
        read = other.data.variables[name]
        assert (array.dims, array.shape, array.dtype.kind) == (read.dims, read.shape, read.dtype.kind)
        assert array.dtype.kind == "U" or array.dtype == read.dtype
        np.testing.assert_array_equal(read.values, array.values)
        if array.dtype.kind == "f":
            numbers = ~np.isnan(array.values)
            np.testing.assert_array_equal(np.signbit(read.values)[numbers], np.signbit(array.values)[numbers])


@FORMATS
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(explanations())
def test_every_explanation_comes_back(store, why):
    read = store.loads(store.dumps(why, []), "f")
    assert_same(why, read.explanation)
    assert (read.scores, read.verdict) == ((), None)


@FORMATS
@settings(max_examples=60, deadline=None)
@given(st.lists(some_scores(), max_size=3))
def test_every_score_comes_back(store, a_why, scores):
    read = store.loads(store.dumps(a_why, scores), "f").scores
    assert same_plain([asdict(s) for s in read], [asdict(s) for s in scores])


@FORMATS
@settings(max_examples=60, deadline=None)
@given(some_verdicts(), st.lists(some_scores(), max_size=1))
def test_every_verdict_comes_back(store, a_why, verdict, scores):
    read = store.loads(store.dumps(a_why, scores, verdict), "f")
    assert same_plain(asdict(read.verdict), asdict(verdict))
    assert len(read.scores) == len(scores)


@FORMATS
def test_without_a_verdict_nothing_is_said_of_one(store, a_why, a_score):
    """So files of explanations are as they were before verdicts could be saved."""
    assert b"verdict" not in store.dumps(a_why, [a_score])


@FORMATS
def test_a_metric_that_does_not_apply_keeps_its_reason_and_controls(store, a_why):
    score = Score(
        metric="sufficiency",
        value=math.nan,
        better="lower",
        bounds=(-math.inf, math.inf),
        provenance=a_why.provenance,
        controls=(Control("random order", (0.25, math.nan, -math.inf)),),
        reason="the explanation has one feature",
    )
    (read,) = store.loads(store.dumps(a_why, [score]), "f").scores
    assert math.isnan(read.value)
    assert (read.reason, read.bounds) == (score.reason, score.bounds)
    assert not read.applies
    np.testing.assert_array_equal(read.controls[0].values, score.controls[0].values)


@FORMATS
def test_writing_twice_gives_the_same_bytes(store, a_why):
    content = store.dumps(a_why, [])
    assert content == store.dumps(a_why, [])
    assert content == store.dumps(store.loads(content, "f").explanation, [])


@FORMATS
@pytest.mark.parametrize("layout", ["transposed", "big-endian", "strided"])
def test_the_layout_in_memory_does_not_matter(store, a_why, layout):
    array = np.arange(6.0).reshape(2, 3)
    laid = {
        "transposed": array.T,
        "big-endian": array.astype(">f8"),
        "strided": np.repeat(array, 2, 1)[:, ::2],
    }[layout]
    data = xr.Dataset({"a": (("layer", "head"), laid)}, attrs={"primary": "a"})
    why = Explanation(data, a_why.text, a_why.target, a_why.provenance)
    np.testing.assert_array_equal(store.loads(store.dumps(why, []), "f").explanation.primary.values, laid)


@FORMATS
def test_options_that_are_no_plain_data_are_written_as_words(store, a_why):
    options = {"layers": np.array([1, 2]), "rate": np.float32(0.5), "path": (1, 2), "odd": {3}}
    provenance = Provenance("m", "f", "by", options=options)
    why = Explanation(a_why.data, a_why.text, a_why.target, provenance)
    read = store.loads(store.dumps(why, []), "f").explanation.provenance.options
    assert read == {"layers": [1, 2], "rate": 0.5, "path": [1, 2], "odd": "{3}"}


@FORMATS
def test_read_arrays_cannot_be_changed(store, a_why):
    read = store.loads(store.dumps(a_why, []), "f").explanation
    with pytest.raises(ValueError, match="read-only"):
        read.data["attribution"].values[...] = 0


def test_the_json_is_standard_and_readable(a_why):
    content = as_json.dumps(a_why, [])
    tree = json.loads(content, parse_constant=lambda literal: pytest.fail(f"{literal} is not standard JSON"))
    assert tree["text"]["string"] == "The cat 猫 sat"
    assert "猫" in content.decode()
    assert '"values": [' in content.decode()
    assert tree["arrays"]["attribution"]["values"] == [[0.5, "NaN", "-Infinity", 1.0]]
    assert max(map(len, content.decode().splitlines())) < 300


def test_safetensors_of_others_open_the_arrays(a_why, tmp_path):
    from safetensors import safe_open

    path = tmp_path / "why.safetensors"
    path.write_bytes(as_safetensors.dumps(a_why, []))
    with safe_open(path, "numpy") as file:
        assert file.get_tensor("attribution").dtype == np.float32
        assert json.loads(file.metadata()["pellucid"])["format"] == 1


def test_a_number_that_is_not_finite_is_not_taken_for_a_string():
    tree = {
        "number": math.inf,
        "string": "Infinity",
        "list": [-math.inf, "NaN"],
        "dict": {"$float": "NaN", "more": 1},
    }
    assert plain.loads(plain.dumps(tree)) == tree
