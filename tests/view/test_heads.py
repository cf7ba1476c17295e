"""Who looks where: one part, its plain form, and what is said of each head."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

from pellucid.core.explanation import Explanation, label
from pellucid.core.figure import Heads, Heatmap, Part, Prose, Table
from pellucid.core.target import Target
from pellucid.core.text import Feature, Text
from pellucid.view.draw import draw
from pellucid.view.parts.heads import MOST_LOOKS, MOST_TOKENS, Looks
from pellucid.view.terminal import terminal
from tests.view.make import MADE


def attention(layers: int, heads: int, tokens: int, seed: int = 0) -> np.ndarray:
    """Causal attention of a softmax over noise."""
    scores = np.random.default_rng(seed).normal(0, 2, (layers, heads, tokens, tokens))
    weights = np.exp(scores) * np.tri(tokens)
    return weights / weights.sum(-1, keepdims=True)


def looking(values: np.ndarray, words: list[str] | None = None, **attrs: object) -> Explanation:
    """An explanation of looks, shape ([layer,] head, query, key) as attention has them."""
    count = values.shape[-1]
    words = [f"w{i}" for i in range(count)] if words is None else words
    starts = np.cumsum([0] + [len(word) + 1 for word in words])
    features = [Feature(int(s), int(s) + len(word)) for s, word in zip(starts, words, strict=False)]
    text = Text(" ".join(words)).with_features("token", features)
    dims = ("layer", "head", "query", "key") if values.ndim == 4 else ("layer", "query", "key")
    facts = {"primary": "attention", "signed": False, "units": "share"} | attrs
    target = Target("yes", scale="logit", ids=(1,))
    data = label(
        xr.Dataset({"attention": (dims, values)}, attrs=facts),
        text,
        target,
        lambda: words,
        lambda: range(count),
    )
    return Explanation(data, text, target, MADE)


def part_of(why: Explanation) -> Heads:
    found = draw(why).parts[0]
    assert isinstance(found, Heads)
    return found


def by_kind(parts: tuple[Part, ...], kind: type) -> list:
    return [part for part in parts if isinstance(part, kind)]


def slow_looks(head: np.ndarray) -> tuple[float, tuple[int, int, float] | None, float]:
    """The same as `Looks` of one head, from the words of its docstring."""
    best: tuple[int, int, float] | None = None
    strengths, first, total = [], 0.0, 0.0
    for query, row in enumerate(head):
        sizes = [abs(v) if math.isfinite(v) else 0.0 for v in row]
        if not any(sizes[1:]):
            continue
        strengths.append(max(sizes[1:]))
        first += sizes[0]
        total += sum(sizes)
        for key in range(1, len(row)):
            if math.isfinite(row[key]) and (best is None or abs(row[key]) > abs(best[2])):
                best = (query, key, row[key])
    if not strengths:
        return math.nan, None, math.nan
    return sum(strengths) / len(strengths), best, first / total


@pytest.mark.parametrize("kind", ["causal", "signed", "holes", "zeros", "one token"])
def test_what_is_said_of_heads_is_what_a_loop_finds(kind):
    values = attention(2, 3, 1 if kind == "one token" else 7)
    if kind == "signed":
        values = np.random.default_rng(1).normal(size=values.shape)
    if kind == "holes":
        values[0, 1, 3], values[1, 0, 2, 1], values[1, 2] = np.nan, np.inf, np.nan
    if kind == "zeros":
        values[0, 1, :, 1:] = 0
    looks = Looks.of(values)
    for layer, head in np.ndindex(2, 3):
        confidence, best, first = slow_looks(values[layer, head])
        np.testing.assert_allclose(looks.confidence[layer, head], confidence)
        np.testing.assert_allclose(looks.first[layer, head], first)
        if best is None:
            assert looks.key[layer, head] == -1
        else:
            assert (looks.query[layer, head], looks.key[layer, head], looks.value[layer, head]) == best


def test_the_part_has_every_number_under_its_names():
    values = attention(2, 3, 4)
    part = part_of(looking(values))
    np.testing.assert_array_equal(part.values, values)
    assert (part.layers, part.heads) == (("0", "1"), ("h0", "h1", "h2"))
    assert part.queries.labels == ("w0", "w1", "w2", "w3")
    assert part.keys.spans == ((0, 2), (3, 5), (6, 8), (9, 11))


def test_a_method_without_heads_has_one_without_a_name():
    values = attention(3, 1, 4)[:, 0]
    part = part_of(looking(values))
    assert part.values.shape == (3, 1, 4, 4)
    assert part.heads == ("",)
    [table] = by_kind(part.plain, Table)
    assert table.headings[0] == "layer"
    assert {row[0] for row in table.rows} == {"layer 0", "layer 1", "layer 2"}


def test_dims_stand_in_any_order_and_layers_keep_their_numbers():
    made = looking(attention(2, 3, 4))
    data = made.data.transpose("key", "head", "layer", "query").assign_coords(layer=[4, 9], head=[0, 2, 5])
    part = part_of(Explanation(data, made.text, made.target, made.provenance))
    np.testing.assert_array_equal(part.values, made.primary.values)
    assert (part.layers, part.heads) == (("4", "9"), ("h0", "h2", "h5"))


def test_without_a_browser_there_is_a_matrix_of_heads_and_their_strongest_looks():
    values = attention(2, 3, 5)
    values[1, 2, 4] = [0.001, 0, 0, 0.999, 0]
    part = part_of(looking(values, ["the", "cat", "saw", "the", "dog"]))
    matrix, *means = by_kind(part.plain, Heatmap)
    np.testing.assert_allclose(matrix.values, Looks.of(values).confidence)
    assert (matrix.rows, matrix.columns) == (("layer 0", "layer 1"), ("h0", "h1", "h2"))
    assert len(means) == 2
    np.testing.assert_allclose(means[1].values, values[1].mean(0))
    assert "the mean of 3 heads" in means[1].caption
    [table] = by_kind(part.plain, Table)
    assert table.rows[0] == ("1.h2", "dog", "the (2nd)", "0.999")
    sizes = [float(row[-1]) for row in table.rows]
    assert sizes == sorted(sizes, reverse=True)


def test_looks_at_the_first_token_are_left_out_and_counted():
    values = attention(1, 1, 4)
    values[0, 0] = [[1, 0, 0, 0], [0.9, 0.1, 0, 0], [0.8, 0.1, 0.1, 0], [0.7, 0.2, 0.1, 0]]
    part = part_of(looking(values))
    [table] = by_kind(part.plain, Table)
    assert table.rows[0] == ("0.h0", "w3", "w1", "0.200")
    [prose] = by_kind(part.plain, Prose)
    assert prose.words.startswith("80% of all looks are at the first token")


def test_many_layers_or_a_long_text_have_no_matrix_each():
    assert len(by_kind(part_of(looking(attention(5, 2, 4))).plain, Heatmap)) == 1
    assert len(by_kind(part_of(looking(attention(2, 2, MOST_TOKENS + 1))).plain, Heatmap)) == 1


def test_of_many_heads_the_strongest_are_listed_and_that_is_said():
    part = part_of(looking(attention(5, 4, 6)))
    [table] = by_kind(part.plain, Table)
    assert len(table.rows) == MOST_LOOKS
    assert f"the {MOST_LOOKS} strongest of 20" in table.caption


def test_a_text_of_one_token_draws_without_looks():
    why = looking(np.ones((2, 2, 1, 1)))
    assert not by_kind(part_of(why).plain, Table)
    assert terminal(why, width=60)


def test_a_terminal_of_60_columns_has_it_all():
    why = looking(attention(6, 8, 9), ["Eiffelturm"] * 9)
    lines = terminal(why, width=60, colour=False).split("\n")
    assert max(map(len, lines)) <= 60
    assert any("Eiffelturm (2nd)" in line for line in lines)
    assert any(line.startswith("h7") for line in lines)
