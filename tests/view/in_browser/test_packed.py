"""Packed looks, read as the browser reads them: nothing further off than is said, and never left out in silence."""

from __future__ import annotations

import base64
import math
import zlib
from typing import Any

import numpy as np
import pytest

from pellucid.view.draw import draw
from pellucid.view.in_browser.packed import FEW, NO_NUMBER, packed_heads
from pellucid.view.in_browser.payload import payload
from tests.view.test_heads import attention, looking


def unpacked(packed: dict[str, Any], layer: int) -> np.ndarray:
    """One layer as the browser has it, number by number: shape (head, query, key)."""
    _, heads, queries, keys = packed["shape"]
    codes = zlib.decompress(base64.b64decode(packed["layers"][layer]))
    out = np.empty((heads, queries, keys))
    at = 0
    for head in range(heads):
        for key in range(keys):
            for query in range(queries):
                code = codes[at] - 256 if codes[at] > 127 else codes[at]
                limit = packed["limits"][layer][head]
                out[head, query, key] = math.nan if code == NO_NUMBER else code * limit / packed["levels"]
                at += 1
    assert at == len(codes)
    return out


def kinds(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    causal = attention(3, 2, 17, seed)
    holes = causal.copy()
    holes[1, 0, 3], holes[0, 1, 2, 2], holes[2, 1] = np.nan, np.inf, np.nan
    return {
        "causal": causal,
        "single precision": causal.astype(np.float32),
        "holes": holes,
        "signed": rng.normal(0, 3, (3, 2, 9, 11)),
        "zeros": np.zeros((3, 2, 4, 4)),
        "tiny": causal * 1e-9,
        "one token": np.ones((3, 2, 1, 1)),
    }


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("room", [None, 900])
def test_no_number_is_further_off_than_is_said_and_one_is_as_far(kind, room):
    values = kinds()[kind]
    packed = packed_heads(values, room)
    for layer in [i for i, sent in enumerate(packed["layers"]) if sent]:
        shown = unpacked(packed, layer)
        there = np.isfinite(values[layer])
        np.testing.assert_array_equal(np.isnan(shown), ~there)
        for head in range(values.shape[1]):
            here = there[head]
            apart = np.abs(shown[head] - values[layer, head])[here].max(initial=0.0)
            said = packed["errors"][layer][head]
            assert said * (1 - 1e-4) <= apart <= said or apart == pytest.approx(said, rel=1e-12)


def test_few_numbers_have_127_steps_and_many_have_15():
    few, many = attention(1, 1, 20), attention(1, 5, 256)
    assert many.size > FEW
    assert (packed_heads(few)["levels"], packed_heads(many)["levels"]) == (127, 15)
    assert packed_heads(many)["errors"][0][0] == pytest.approx(1 / 30, rel=0.02)
    assert packed_heads(many)["hidden"] == [0.0]


def test_each_head_has_the_steps_of_its_own_largest_number():
    values = attention(1, 2, 12)
    values[0, 1] *= 1e-3
    packed = packed_heads(values)
    assert packed["limits"] == [[1.0, 1e-3]]
    assert packed["errors"][0][1] < 1e-5


def test_less_room_first_hides_small_numbers_and_says_which():
    values = attention(2, 2, 96)
    whole = len("".join(packed_heads(values)["layers"]))
    overview = len(packed_heads(values)["overview"]["codes"])
    packed = packed_heads(values, whole // 4 + overview)
    assert sum(map(len, packed["layers"])) <= whole // 4
    assert packed["levels"] == 15
    for layer, under in enumerate(packed["hidden"]):
        assert under > 0
        shown = unpacked(packed, layer)
        assert not shown[values[layer] < under].any()
        assert shown[values[layer] >= max(under, 1 / 30)].all()


def test_several_results_share_the_room():
    made = looking(attention(2, 2, 96))
    whole = packed_heads(made.primary.values)
    room = int(1.2 * (sum(map(len, whole["layers"])) + len(whole["overview"]["codes"])))
    [one] = [p["values"] for p in payload(draw(made), room=room)["parts"] if p["kind"] == "heads"]
    two = [p["values"] for p in payload(draw(made, made), room=room)["parts"] if p["kind"] == "heads"]
    assert [one["levels"], *(packed["levels"] for packed in two)] == [127, 15, 15]
    sent = [len(layer or "") for packed in two for layer in packed["layers"]]
    assert sum(sent) + sum(len(packed["overview"]["codes"]) for packed in two) <= room


def test_what_still_does_not_fit_is_left_out_layer_by_layer_the_largest_first():
    values = np.random.default_rng(0).uniform(0.85, 1, (3, 2, 64, 64))  # nothing is small enough to be hidden
    values[1] = 1
    assert packed_heads(values, 0)["layers"] == [None] * 3
    overview = len(packed_heads(values)["overview"]["codes"])
    packed = packed_heads(values, overview + 450)
    assert [sent is not None for sent in packed["layers"]] == [False, True, False]
    assert packed["hidden"][0] == pytest.approx(0.8)


@pytest.mark.parametrize("kind", ["causal", "signed", "holes", "long"])
def test_thumbnails_have_the_strongest_number_of_each_block(kind):
    values = attention(2, 2, 75) if kind == "long" else kinds()[kind]
    packed = packed_heads(values)
    view = packed["overview"]
    layers, heads, queries, keys = values.shape
    rows, columns = min(32, queries), min(32, keys)
    assert (view["rows"], view["columns"]) == (rows, columns)
    codes = np.frombuffer(zlib.decompress(base64.b64decode(view["codes"])), np.int8)
    codes = codes.reshape(layers, heads, rows, columns)
    for layer, head, row, column in np.ndindex(*codes.shape):
        top, bottom = row * queries // rows, (row + 1) * queries // rows
        left, right = column * keys // columns, (column + 1) * keys // columns
        block = values[layer, head, top:bottom, left:right]
        finite = block[np.isfinite(block)]
        code = codes[layer, head, row, column]
        if not finite.size:
            assert code == NO_NUMBER
            continue
        best = finite[np.abs(finite).argmax()]
        unit = packed["limits"][layer][head] / view["levels"]
        assert abs(code * unit - best) <= unit * 0.501


def test_what_is_said_of_heads_goes_with_them():
    values = attention(1, 2, 6)
    values[0, 1, :, 1:] = 0
    packed = packed_heads(values)
    query, key, value = packed["strongest"][0][0]
    assert value == pytest.approx(values[0, 0, query, key], rel=1e-4)
    assert packed["strongest"][0][1] is None
    assert packed["first"][0][1] is None
