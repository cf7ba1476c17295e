"""The memory that integrated gradients take beside the model: a long text, a large vocabulary, a small model.

Logits are what may be large: 1,000 positions of 128,256 numbers are half a gigabyte, and as much again for their
gradient. Each side explains in a fresh process, after a small run has loaded all code, and its resident memory is
watched. A side may take `LIMIT`; what it asks beyond that is refused, and it is listed with what it said.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.asked import Asked
from benchmarks.gpt2_shape import gpt2
from benchmarks.numbered_words import saved, words
from benchmarks.peer import Peer, PeerFailed, started
from benchmarks.report import markdown
from benchmarks.results import circumstances

__all__ = ["NAME", "TITLE", "measured", "table"]

NAME = "peak memory"
TITLE = "memory of integrated gradients beside the model"
VOCABULARY, PROMPT, ANSWER, STEPS = 128256, 1000, 16, 50
SHAPE = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 1024}
LIMIT = 8 * 2**30
HEADS = ("side", "answer tokens", "peak beside the model", "times Pellucid's")


@dataclass(frozen=True)
class Way:
    """One side's way of doing it, ``more`` in its task; peers read the answer token by token, so one may do."""

    label: str
    peer: str
    answer: int = ANSWER
    more: dict[str, int] = field(default_factory=dict)


WAYS = (
    Way("Pellucid, as it comes", "pellucid"),
    Way("Pellucid, one point at a time", "pellucid", more={"at_once": 1}),
    Way("Captum, as it comes", "captum", 1),
    Way("Captum, one point at a time", "captum", 1, {"at_once": 1}),
    Way("Inseq, as it comes", "inseq", 1),
    Way("Inseq, one point at a time", "inseq", 1, {"at_once": 1}),
)


def measured(asked: Asked) -> dict[str, Any] | None:
    """The peak of each way; None where the system does not tell it."""
    if sys.platform != "linux":
        print(f"{NAME}: skipped, only Linux tells a process its peak and lets it forget an older one.")
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = saved(*gpt2(VOCABULARY, **SHAPE), Path(name))
        wanted = asked.peers_of(way.peer for way in WAYS if way.peer != "pellucid")
        ways = [_taken(way, folder, asked.threads, {"pellucid", *wanted}) for way in WAYS]
        with started(wanted, asked.threads) as peers:
            told = circumstances(asked.threads, peers.values())
    work = f"{PROMPT} tokens, {VOCABULARY} words, {STEPS} steps, width {SHAPE['n_embd']}"
    return {**told, "work": work, "limit_bytes": LIMIT, "ways": ways}


def _taken(way: Way, folder: str, threads: int, wanted: set[str]) -> dict[str, Any]:
    told = {"side": way.label, "answer_tokens": way.answer, "steps": STEPS, **way.more}
    with started([way.peer] if way.peer in wanted else [], threads) as peers:
        if way.peer not in peers:
            return {**told, "missing": True}
        try:
            _asked(way, peers[way.peer], folder, prompt=4, answer=1, steps=2)
            answer = _asked(way, peers[way.peer], folder, prompt=PROMPT, answer=way.answer, steps=STEPS)
        except PeerFailed as error:
            return {**told, "failed": error.reason}
    return {**told, "grown_bytes": answer["grown_bytes"]}


def _asked(way: Way, peer: Peer, folder: str, *, prompt: int, answer: int, steps: int) -> dict[str, Any]:
    text, target = words(VOCABULARY, prompt, answer)
    task = {"folder": folder, "text": text, "target": target.strip(), "steps": steps, "most_bytes": LIMIT}
    return peer.answer("integrated_gradients", **task, **way.more)


def table(found: dict[str, Any]) -> str:
    """One line a way; each is set beside Pellucid's that reads as many points at a time."""
    ours = {way.get("at_once"): way["grown_bytes"] for way in found["ways"] if "Pellucid" in way["side"]}
    lines = [
        (way["side"], str(way["answer_tokens"]), *_figures(way, ours[way.get("at_once")]))
        for way in found["ways"]
    ]
    limit = f"At most {found['limit_bytes'] / 2**30:.0f} GiB were given. {found['machine']}."
    return "\n".join([markdown(HEADS, lines, words=1), "", f"{found['work']}. {limit}"])


def _figures(way: dict[str, Any], ours: int) -> tuple[str, str]:
    if "grown_bytes" in way:
        return f"{way['grown_bytes'] / 2**20:.0f} MiB", f"{way['grown_bytes'] / ours:.1f}"
    refused = re.search(r"(\d+) bytes", way.get("failed", ""))
    if refused:
        asked = int(refused[1])
        return f"fails: asks for {asked / 2**20:.0f} MiB at once", f"over {asked / ours:.0f}"
    return way.get("failed", "missing here").replace("|", " "), ""
