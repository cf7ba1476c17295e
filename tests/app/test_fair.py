"""Clients take turns: against a queue written as it is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.app.fair import FairQueue


class Said:
    """The slow twin: a list of who has the next turn, and a list of what waits."""

    def __init__(self) -> None:
        self.turns: list[str] = []
        self.waiting: list[tuple[str, int]] = []

    def push(self, client: str, item: int) -> None:
        self.waiting.append((client, item))
        if client not in self.turns:
            self.turns.append(client)

    def pop(self) -> int:
        client = self.turns.pop(0)
        first = next(pair for pair in self.waiting if pair[0] == client)
        self.waiting.remove(first)
        if any(other == client for other, _ in self.waiting):
            self.turns.append(client)
        return first[1]

    def remove(self, client: str, item: int) -> None:
        self.waiting.remove((client, item))
        if all(other != client for other, _ in self.waiting):
            self.turns.remove(client)


@given(st.lists(st.sampled_from(["a", "b", "c", "take", "remove"]), max_size=60), st.randoms())
def test_it_is_what_is_said(steps, chance):
    queue, said = FairQueue[int](), Said()
    for number, step in enumerate(steps):
        if step == "take" and said.waiting:
            assert queue.pop() == said.pop()
        elif step == "remove" and said.waiting:
            client, item = chance.choice(said.waiting)
            queue.remove(client, item)
            said.remove(client, item)
        elif step in "abc":
            queue.push(step, number)
            said.push(step, number)
        assert len(queue) == len(said.waiting)
        assert all(queue.count(c) == sum(o == c for o, _ in said.waiting) for c in "abc")
    expected = list(queue)
    assert [queue.pop() for _ in range(len(queue))] == expected


def test_one_thing_does_not_wait_for_fifty():
    queue = FairQueue[str]()
    for number in range(50):
        queue.push("many", f"many {number}")
    queue.pop()
    queue.push("one", "one")
    assert list(queue)[:3] == ["many 1", "one", "many 2"]


def test_what_is_not_there():
    queue = FairQueue[int]()
    with pytest.raises(KeyError):
        queue.pop()
    with pytest.raises(ValueError):
        queue.remove("nobody", 1)
