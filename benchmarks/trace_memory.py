"""The memory that reading the states of a long text takes beside the model: what leaves each block, and no more.

Each side reads in a fresh process, after a small text has loaded all code, and its resident memory is watched. What
it keeps is the same for all; what it holds beside that while it reads, is not. All must have read the same.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.asked import Asked
from benchmarks.gpt2_shape import VOCABULARY, gpt2
from benchmarks.numbered_words import saved, words
from benchmarks.peer import Peer, PeerFailed, started
from benchmarks.report import markdown
from benchmarks.results import circumstances
from benchmarks.rows import apart

__all__ = ["NAME", "TITLE", "measured", "table"]

NAME = "memory of a trace"
TITLE = "memory of reading the states behind every block, beside the model"
TOKENS = 512
LIMIT = 8 * 2**30
EQUAL = 1e-4  # of the largest number
HEADS = ("side", "peak beside the model", "times Pellucid's", "largest difference")


@dataclass(frozen=True)
class Way:
    """One side's way of doing it, ``more`` in its task. The first is Pellucid's, which the others are set beside."""

    label: str
    peer: str
    more: dict[str, int] = field(default_factory=dict)


WAYS = (
    Way("Pellucid", "pellucid"),
    Way("TransformerLens, as it comes", "transformer_lens", {"keep": 0}),
    Way("TransformerLens, logits of the last position", "transformer_lens", {"keep": 1}),
)


def measured(asked: Asked) -> dict[str, Any] | None:
    """The peak of each way; None where the system does not tell it."""
    if sys.platform != "linux":
        print(f"{NAME}: skipped, only Linux tells a process its peak and lets it forget an older one.")
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = saved(*gpt2(VOCABULARY), Path(name))
        wanted = asked.peers_of(way.peer for way in WAYS if way.peer != "pellucid")
        taken = [_taken(way, folder, asked.threads, {"pellucid", *wanted}) for way in WAYS]
        with started(wanted, asked.threads) as peers:
            told = circumstances(asked.threads, peers.values())
    ways = [_alone(taken[0]), *(_beside(way, taken[0]) for way in taken[1:])]
    work = f"GPT-2-small shape, random weights, {TOKENS} tokens, `resid_post` of all 12 blocks"
    holds = all(way.get("equal", True) for way in ways)
    return {**told, "work": work, "ways": ways, "holds": holds}


def _taken(way: Way, folder: str, threads: int, wanted: set[str]) -> dict[str, Any]:
    told = {"side": way.label, **way.more}
    with started([way.peer] if way.peer in wanted else [], threads) as peers:
        if way.peer not in peers:
            return {**told, "missing": True}
        try:
            _asked(way, peers[way.peer], folder, 4)
            answer = _asked(way, peers[way.peer], folder, TOKENS)
        except PeerFailed as error:
            return {**told, "failed": error.reason}
    return {**told, "grown_bytes": answer["grown_bytes"], "numbers": answer["numbers"]}


def _asked(way: Way, peer: Peer, folder: str, tokens: int) -> dict[str, Any]:
    text, _ = words(VOCABULARY, tokens, 1)
    return peer.answer("traced", folder=folder, text=text, most_bytes=LIMIT, **way.more)


def _beside(way: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """A way with how far its numbers lie from ours in place of them."""
    if "numbers" not in way or "numbers" not in ours:
        return _alone(way)
    differs = apart(np.array(way["numbers"]), np.array(ours["numbers"]))
    return {**_alone(way), "largest_difference": differs, "equal": differs <= EQUAL}


def _alone(way: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in way.items() if key != "numbers"}


def table(found: dict[str, Any]) -> str:
    """One line a way, each beside ours."""
    ours = found["ways"][0].get("grown_bytes")
    lines = [(way["side"], *_figures(way, ours)) for way in found["ways"]]
    return "\n".join([markdown(HEADS, lines, words=1), "", f"{found['work']}. {found['machine']}."])


def _figures(way: dict[str, Any], ours: int | None) -> tuple[str, str, str]:
    if "grown_bytes" not in way:
        return way.get("failed", "missing here").replace("|", " "), "", ""
    times = f"{way['grown_bytes'] / ours:.1f}" if ours else ""
    differs = f"{way['largest_difference']:.0e}" if "equal" in way else ""
    return (
        f"{way['grown_bytes'] / 2**20:.0f} MiB",
        times,
        differs + ("" if way.get("equal", True) else " (do not agree)"),
    )
