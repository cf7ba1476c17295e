"""A queue in which clients take turns: who asks for one thing does not wait for all that another asked for before."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["FairQueue"]

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out for each client; one of each client in turn. For one thread at a time."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, deque[T]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._turns.values()))

    def __iter__(self) -> Iterator[T]:
        """In the order in which they will be taken, if nothing else comes."""
        turns = deque(deque(own) for own in self._turns.values())
        while turns:
            own = turns.popleft()
            yield own.popleft()
            if own:
                turns.append(own)

    def count(self, client: str) -> int:
        """How many of a client wait."""
        return len(self._turns.get(client, ()))

    def push(self, client: str, item: T) -> None:
        """Put a client's thing behind its others; a client that had none gets the last turn."""
        self._turns.setdefault(client, deque()).append(item)

    def pop(self) -> T:
        """Take the next; its client has the last turn now. Raises `KeyError` if none waits."""
        client, own = self._turns.popitem(last=False)
        item = own.popleft()
        if own:
            self._turns[client] = own
        return item

    def remove(self, client: str, item: T) -> None:
        """Take out one that waits. Raises `ValueError` if it does not."""
        own = self._turns.get(client, deque())
        own.remove(item)
        if not own:
            self._turns.pop(client)
