from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.explanation import DIMS, Explanation, label
from pellucid.core.provenance import Provenance
from pellucid.core.target import Target
from pellucid.core.text import Feature, Text

TEXT = Text("cat saw cat").cut("word")
TARGET = Target(" sit", scale="logprob", outputs=(" s", "it"), ids=(1, 2))
ATTRS = {"primary": "attribution", "signed": True, "units": "logprob"}


def explanation(data: xr.Dataset, text: Text = TEXT) -> Explanation:
    return Explanation(data, text, TARGET, Provenance("demo", "0123", "by_hand"))


def dataset(
    values: object = ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)), dims: tuple = ("output", "input")
) -> xr.Dataset:
    return xr.Dataset({"attribution": (dims, np.array(values))}, attrs=ATTRS)


@pytest.fixture
def why() -> Explanation:
    return explanation(label(dataset(), TEXT, TARGET))


def test_labels_say_what_and_where(why):
    assert why.data["input_text"].values.tolist() == ["cat", "saw", "cat"]
    assert why.data["input_start"].values.tolist() == [0, 4, 8]
    assert why.data["input_end"].values.tolist() == [3, 7, 11]
    assert why.data["output_text"].values.tolist() == [" s", "it"]
    assert not why.data.indexes, "a repeated token as an index would break arithmetic"


@pytest.mark.parametrize("string", ["a\0", "\0", "\0\0b\0"])
def test_a_nul_at_the_end_of_a_text_is_kept(string):
    text = Text(string).with_features("token", [Feature(i, i + 1) for i in range(len(string))])
    data = dataset(np.zeros((1, len(string)))).assign(at=("position", np.zeros(len(string))))
    tokens = lambda: list(string)  # noqa: E731
    why = explanation(label(data, text, Target(string, outputs=(string,)), tokens), text)
    assert "".join(why.data["input_text"].values) == string
    assert "".join(why.data["position_text"].values) == string
    assert why.data["output_text"].values.tolist() == [string]
    with pytest.raises(ValueError, match="read-only"):
        why.data["input_text"].values[0] = "x"


def test_texts_without_one_are_numpy_s_own_strings(why):
    assert why.data["input_text"].dtype.kind == "U"


def test_one_output_is_the_whole_answer():
    labelled = label(dataset([[1.0, 2.0, 3.0]]), TEXT, TARGET)
    assert labelled["output_text"].values.tolist() == [" sit"]


def test_arithmetic_between_explanations_keeps_repeated_tokens(why):
    assert (why.primary - why.primary).shape == (2, 3)


def test_nothing_that_is_handed_out_writes_through(why):
    before = why.data.copy(deep=True)
    for array in (why.data["attribution"], why.primary, why.data["input_text"], why.data["input_start"]):
        with pytest.raises(ValueError, match="read-only"):
            array.values[...] = array.values
    data, primary = why.data, why.primary
    data.attrs["primary"] = "other"
    data["attribution"].attrs["x"] = 1
    data["input_text"].attrs["x"] = 1
    data["attribution"] = data["attribution"] * 2
    data["more"] = 1
    del data["input_end"]
    primary.attrs["y"] = 1
    primary.name = "other"
    primary["input_start"] = primary["input_start"] + 1
    assert why.data.identical(before)
    assert why.primary.attrs == {}
    with pytest.raises(AttributeError):
        why.text = TEXT


def test_the_maker_cannot_write_through_either():
    values = np.ones((2, 3))
    made_from = xr.Dataset({"attribution": (("output", "input"), values)}, attrs=dict(ATTRS))
    why = explanation(made_from)
    values[...] = 7
    made_from["attribution"].values[...] = 8
    made_from.attrs["primary"] = "other"
    assert (why.primary.values == 1).all()
    assert values.flags.writeable


def test_dims_are_a_closed_list():
    assert {"input", "output", "layer", "head", "query", "key"} <= DIMS
    with pytest.raises(ValueError, match=r"Dims \['verse'\] are not among"):
        explanation(dataset(dims=("verse", "input")))


def test_primary_must_be_there():
    for attrs in ({}, {"primary": "other"}):
        with pytest.raises(ValueError, match="primary"):
            explanation(dataset().assign_attrs(primary=None).assign_attrs(attrs))


def test_as_many_inputs_as_features():
    with pytest.raises(ValueError, match="3 inputs for a text of 4 features"):
        explanation(dataset(), Text("a b c d").cut("word"))


@pytest.mark.parametrize(
    "values", [[1j], [None], [np.datetime64("2020-01-01")], [{}], np.ones(1, np.longdouble)]
)
def test_what_no_file_can_hold_is_refused(values):
    with pytest.raises(ValueError, match=r'The array "attribution" holds .*, not numbers or strings'):
        explanation(dataset(np.asarray(values), ("layer",)))


def test_credit_is_one_number_per_input(why):
    assert why.credit().tolist() == [5.0, 7.0, 9.0]
    assert explanation(dataset([1, 2, 3], ("input",))).credit().tolist() == [1.0, 2.0, 3.0]
    lens = xr.Dataset(
        {"probability": (("layer", "position"), np.ones((1, 1)))}, attrs={"primary": "probability"}
    )
    with pytest.raises(BadOption, match="by_hand gives probability: it has no attribution"):
        explanation(lens).credit()


def test_repr_is_one_line(why):
    assert repr(why).startswith("<Explanation by_hand of demo, logprob of ' sit' (")
    assert "\n" not in repr(why)
