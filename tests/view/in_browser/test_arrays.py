"""What is packed can be read again by whoever knows the format, as near as it says; what is small stays lists."""

from __future__ import annotations

import base64
import json
import math
import sys
import zlib

import numpy as np
import pytest

from pellucid.view.in_browser.arrays import LARGE, array

SHAPE = (3, LARGE // 4, 2)


def opened(sent: dict) -> np.ndarray:
    """The obvious way back, number by number of the format's own words."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(sent["bytes"])), np.uint8)
    count = math.prod(sent["shape"])
    wide = 4 if sent["whole"] else 2
    together = planes.reshape(wide, count).T.tobytes()
    codes = np.frombuffer(together, "<i4" if sent["whole"] else "<f2").astype(np.float64)
    if sent["whole"]:
        codes[codes == -(2**31)] = np.nan
    return codes.reshape(sent["shape"]) * sent["unit"]


def test_few_numbers_are_lists():
    assert array(np.array([[0.123456, np.nan], [np.inf, -2]])) == [
        [0.12346, None],
        [sys.float_info.max, -2.0],
    ]
    assert array(np.arange(4).reshape(2, 2)) == [[0, 1], [2, 3]]
    assert isinstance(array(np.zeros(LARGE)), list)
    assert isinstance(array(np.zeros(LARGE + 1)), dict)


@pytest.mark.parametrize("size", [1e-300, 1e-9, 1.0, 3.7e4, 1e300])
def test_many_numbers_keep_three_digits_down_to_a_billionth_of_the_largest(size):
    random = np.random.default_rng(0)
    values = size * random.choice([-1, 1], SHAPE) * 10 ** random.uniform(-13, 0, SHAPE)
    values[0, 0, 0], values[0, 1] = size, 0
    values[1, 2, 0] = np.nan
    sent = json.loads(json.dumps(array(values)))
    found = opened(sent)
    assert np.isnan(found[1, 2, 0])
    assert (found[0, 1] == 0).all()
    there = np.isfinite(values)
    off = np.abs(found - values)[there]
    bound = np.maximum(0.0005 * np.abs(values[there]), 1e-12 * size)
    assert (off <= bound).all()
    assert np.isfinite(found[there]).all()


def test_infinity_is_beyond_the_largest_and_does_not_swallow_the_others():
    values = np.full(LARGE + 1, 0.5)
    values[:2] = np.inf, -np.inf
    assert opened(array(values))[:3].tolist() == [np.inf, -np.inf, 0.5]


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_many_whole_numbers_are_exact(dtype):
    values = np.random.default_rng(0).integers(-(2**31) + 1, 2**31, SHAPE).astype(dtype)
    if dtype is np.float64:
        values[0, 0, 0] = np.nan
    sent = array(values)
    assert sent["whole"]
    np.testing.assert_array_equal(opened(sent), values)


def test_whole_numbers_that_four_bytes_do_not_hold_are_near():
    values = np.full(LARGE + 1, 2.0**40)
    assert not array(values)["whole"]
    np.testing.assert_allclose(opened(array(values)), values, rtol=0.0005)


def test_all_zeros_and_all_unknown():
    for value in (0.0, np.nan):
        np.testing.assert_array_equal(opened(array(np.full(LARGE + 1, value))), value)


def test_each_text_stands_once_in_the_order_of_its_first():
    sent = array(np.array([["b", " a"], ["b", "<\n"]]))
    assert sent == {"words": ["b", " a", "<⏎"], "at": [[0, 1], [0, 2]]}
    many = array(np.array(["x", "y", "x"] * LARGE))
    assert many["words"] == ["x", "y"]
    assert opened(many["at"])[:3].tolist() == [0, 1, 0]


def test_packed_is_a_third_of_lists():
    values = np.random.default_rng(0).normal(size=LARGE + 1)
    lists = len(json.dumps(values.round(4).tolist(), separators=(",", ":")))
    assert len(json.dumps(array(values))) < 0.4 * lists
