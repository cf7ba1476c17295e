"""Captions say what each number is one of, by the dims, and no number of a report is rounded to nothing."""

from __future__ import annotations

import pytest
import xarray as xr

from pellucid.view.parts.matrices import said_of
from pellucid.view.parts.shortcuts import _share


@pytest.mark.parametrize(
    ("dims", "said"),
    [
        (("layer", "position"), "Net effect of each layer at each token"),
        (("head", "layer"), "Net effect of each head"),
        (("source", "dest"), "Net effect of each edge"),
        (("layer", "head", "query", "key"), "Net effect from each token to each token"),
        (("neuron",), "Net effect"),
    ],
)
def test_a_caption_says_what_each_number_is_one_of(dims, said):
    array = xr.DataArray([[[[0.0]]]], dims=("a", "b", "c", "d"), name="net_effect")
    array = array.isel(dict.fromkeys(("a", "b", "c", "d")[len(dims) :], 0)).rename(
        dict(zip(("a", "b", "c", "d"), dims, strict=False))
    )
    assert said_of(array) == said
    assert said_of(array, "Mean").startswith("Mean")


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0.00"), (0.25, "0.25"), (0.005, "0.01"), (0.0012, "0.00120"), (-0.0012, "-0.00120")],
)
def test_what_is_small_is_not_said_to_be_nothing(value, said):
    assert _share(value) == said
