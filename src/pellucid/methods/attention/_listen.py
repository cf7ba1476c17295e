"""Hear what passes at a site of one text and keep no more than is wanted of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["exact", "heard", "kept"]


def heard(read: Callable[[Tensor], None]) -> Callable[[Tensor], Tensor]:
    """A change that changes nothing: ``read`` hears the numbers of the one text, shape (position, ...).

    A pattern of a long text has heads x length² numbers: of all layers together there may be no room for them.
    """

    def hear(numbers: Tensor) -> Tensor:
        read(numbers[0].detach())
        return numbers

    return hear


def kept(into: dict[str, Tensor], name: str) -> Callable[[Tensor], Tensor]:
    """A change that changes nothing, and keeps the numbers of the one text under a name."""

    def keep(numbers: Tensor) -> None:
        into[name] = numbers

    return heard(keep)


def exact(numbers: Tensor) -> Tensor:
    """The numbers as float64; as float32 where a device has nothing finer."""
    return numbers.float() if numbers.device.type == "mps" else numbers.double()
