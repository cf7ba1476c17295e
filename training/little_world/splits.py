"""What is trained on and what is held out, decided once and for ever by a checksum.

There are four splits. Every generator names a *key* for each draw (a name pair, a sentence, a fact in one
wording); the checksum of the key says on which side it lies, so no list of held-out items has to be kept:

    train         27 of 30 keys, trained wordings
    dev           1 of 30 keys, trained wordings: watched while training
    test          2 of 30 keys, trained wordings: looked at once, at the end
    new_wording   train keys, but in wordings (whole templates) that no training document uses
"""

import random
import zlib
from collections.abc import Callable
from typing import Literal, TypeVar

Split = Literal["train", "dev", "test", "new_wording"]
T = TypeVar("T")

_ATTEMPTS = 100_000


def side(*key: object) -> Split:
    """On which side of the split a key lies; the same on every machine and in every run."""
    checksum = zlib.crc32(repr((key,)).encode())
    if checksum % 10:
        return "train"
    return "test" if checksum // 10 % 3 else "dev"


def draw(split: Split, make: Callable[[], tuple[tuple[object, ...], T]]) -> T:
    """Call ``make() -> (key, value)`` until the key lies on the wanted side, and return the value.

    Raises:
        LookupError: if no key of that side turns up.
    """
    wanted = "train" if split == "new_wording" else split
    for _ in range(_ATTEMPTS):
        key, value = make()
        if side(*key) == wanted:
            return value
    raise LookupError(f"no {wanted!r} key in {_ATTEMPTS} draws: the space of keys is too small to be split")


def wording(rng: random.Random, split: Split, trained: list[str], new: list[str]) -> str:
    """A template: one of the held-out ones for ``new_wording``, else one of the trained ones."""
    return rng.choice(new if split == "new_wording" else trained)
