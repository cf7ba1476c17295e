"""A tree reads every distinct prefix, each row to its end, in the steps that cost least."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.models.huggingface.rows import Row
from pellucid.models.huggingface.tree import Tree, trees

alike = st.integers(1, 7).flatmap(
    lambda length: st.lists(
        st.lists(st.integers(-1, 2), min_size=length, max_size=length), min_size=1, max_size=9
    )
)
mixed = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1, max_size=9)


def row(ids: list[int], hidden: tuple[int, ...] = ()) -> Row:
    attended = np.array([at not in hidden for at in range(len(ids))])
    return Row(np.array(ids), attended, None, np.array([], int))


def nested(features: int, seed: int = 0) -> list[Row]:
    """Features that join one by one in a random order: 1 where one has not, 2 and more where it has."""
    places = np.random.default_rng(seed).permutation(features)
    return [row(np.where(places < size, np.arange(features) + 2, 1).tolist()) for size in range(features + 1)]


def climbed(tree: Tree, rows: list[Row], answer: list[int]) -> list[list[int]]:
    """What each place has read in the end, when it starts from what its parent had read; padding is None."""
    texts = [[*rows[i].ids.tolist(), *answer] for i in tree.rows]
    longest = max(map(len, texts))
    known: dict[int, list[int | None]] = {}
    for step in tree.steps:
        assert set(step.new) <= set(step.places)
        assert len(step.parents) == (len(step.new) if step.start else 0)
        old = dict(known)
        known |= {
            new: list(old.get(of, []))[: step.start] for new, of in zip(step.new, step.parents, strict=False)
        }
        for place in step.places:
            begins = longest - len(texts[place])
            read = known.setdefault(place, [])
            if step.end < longest:
                assert len(read) == step.start
                read += (texts[place] + [None] * longest)[step.start : step.end]
            else:  # ends stand under each other
                known[place] = (
                    read[: max(0, step.start - begins)] + texts[place][max(0, step.start - begins) :]
                )
    return [known[place] for place in range(len(texts))]


@given(alike | mixed, st.integers(0, 3), st.integers(1, 80), st.integers(0, 20))
def test_every_row_is_read_to_its_end(drawn, extra, budget, start):
    rows, answer = [row(ids) for ids in drawn], [9] * extra
    longest = max(map(len, drawn)) + extra
    grown = trees(rows, extra, budget, start)
    assert sorted(i for tree in grown for i in tree.rows) == list(range(len(rows)))
    for tree in grown:
        assert climbed(tree, rows, answer) == [[*rows[i].ids.tolist(), *answer] for i in tree.rows]
        last = tree.steps[-1]
        assert last.end - last.start > extra  # logits of the whole answer come last, of every row
        assert last.places == list(range(len(tree.rows)))
        assert len(tree.rows) == 1 or len(tree.rows) * longest <= budget


@given(alike, st.integers(0, 20))
def test_rows_of_one_length_stand_beside_each_other(drawn, start):
    (tree,) = trees([row(ids) for ids in drawn], 1, 10_000, start)
    assert all(step.places == list(range(len(step.places))) for step in tree.steps)


@given(alike, st.integers(0, 3), st.integers(0, 20))
@settings(max_examples=50)
def test_no_other_steps_cost_less(drawn, extra, start):
    (tree,) = trees([row(ids) for ids in drawn], extra, 10_000, start)
    length = len(drawn[0])
    texts = [(*ids, *[9] * extra) for ids in drawn]

    def cost(ends: tuple[int, ...]) -> int:
        ends = (*ends, length + extra)
        steps = zip((0, *ends[:-1]), ends, strict=True)
        # All rows are read to their end, also those that are the same.
        distinct = [len({t[:b] for t in texts}) if b < ends[-1] else len(texts) for b in ends]
        return sum((b - a) * n + start for (a, b), n in zip(steps, distinct, strict=True))

    within = range(1, length)
    ways = (cut for n in range(length) for cut in combinations(within, n))
    assert tree.cost(start) == min(cost(cut) for cut in ways)


def test_what_cannot_be_seen_is_another_prefix():
    (tree,) = trees([row([5, 6, 7, 8]), row([5, 6, 7, 8], hidden=(1,))], 0, 100, 0)
    assert [(step.start, step.end, len(step.places)) for step in tree.steps] == [(0, 1, 1), (1, 4, 2)]


def test_rows_that_go_on_where_others_end_share_with_them():
    rows = [row([1, 2, 3, 4, *range(10, 10 + n)]) for n in (0, 4, 8)]
    (tree,) = trees(rows, 2, 100, 0)
    # The last of four tokens and the answer of two are read for each; 3, 4 and 4 tokens before them are shared.
    assert sum(step.tokens for step in tree.steps) == 3 + 4 + 4 + 3 * 3


def test_features_that_join_one_by_one_cost_little_more_than_half():
    rows = nested(100)
    (tree,) = trees(rows, 0, 100_000, 32)
    assert sum(step.tokens for step in tree.steps) < 0.6 * len(rows) * 100
    (tree,) = trees(rows, 0, 100_000, 0)
    assert sum(step.tokens for step in tree.steps) < 0.53 * len(rows) * 100


def test_small_trees_lose_little():
    rows = nested(100)
    grown = trees(rows, 0, 1700, 32)
    assert len(grown) == 6
    assert sum(step.tokens for tree in grown for step in tree.steps) < 0.65 * len(rows) * 100
