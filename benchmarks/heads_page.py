"""The page of all heads of a model: how large it is, how long it takes to write, and what a browser makes of it.

The same attention (12 layers of 12 heads, causal, with a sink on the first token) is drawn by each library that draws
all heads of all layers, as it comes. A browser then opens each page from its file, without network.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.asked import Asked
from benchmarks.peer import Peer, PeerFailed, started
from benchmarks.report import markdown
from benchmarks.results import circumstances
from pellucid.core.figure import Axis, Figure, Heads
from pellucid.view.html import html
from tests.browser.chromium import launched

__all__ = ["NAME", "TITLE", "measured", "table"]

NAME = "page of heads"
TITLE = "the size of a page of attention, and what a browser makes of it"
LAYERS = HEADS = 12
TOKENS = (64, 128, 256, 512)
LARGEST = 128  # tokens that peers are asked for: pages grow with the square, BertViz's to a gigabyte for 512
PEERS = ("bertviz", "circuitsvis")
COLUMNS = ("tokens", "side", "page", "written in", "drawn in", "JavaScript's memory")
PATIENCE = 20.0  # seconds until a page that draws nothing is said to draw nothing
DRAWN = "document.querySelectorAll('svg *, canvas').length > 20"


def measured(asked: Asked) -> dict[str, Any] | None:
    """Each side's page at each length; None where there is no browser."""
    with launched() as browser, started(asked.peers_of(PEERS), asked.threads) as peers:
        if browser is None:
            print(f"{NAME}: skipped, no Chromium is installed.")
            return None
        told = circumstances(asked.threads, peers.values())
        with tempfile.TemporaryDirectory() as name:
            rows = [row for tokens in TOKENS for row in _at(tokens, peers, browser, Path(name))]
    return {**told, "browser": browser.version, "rows": rows}


def attention(tokens: int) -> np.ndarray:
    """Looks as of a language model, shape (layer, head, query, key): near tokens, and the first."""
    at = np.arange(tokens)
    looks = 2 * np.random.default_rng(0).normal(size=(LAYERS, HEADS, tokens, tokens)).astype(np.float32)
    looks[..., 0] += 4
    looks -= 0.02 * np.abs(at[:, None] - at)
    looks = np.exp(np.where(at <= at[:, None], looks, -np.inf))
    return looks / looks.sum(-1, keepdims=True)


def _at(tokens: int, peers: dict[str, Peer], browser: Any, folder: Path) -> list[dict[str, Any]]:
    looks, words = attention(tokens), [f"w{i}" for i in range(tokens)]
    np.save(folder / "looks.npy", looks)
    sides: dict[str, Callable[[Path], float]] = {"Pellucid": lambda to: _ours(looks, words, to)}
    for name, peer in peers.items() if tokens <= LARGEST else ():
        sides[name] = lambda to, peer=peer: _theirs(peer, folder / "looks.npy", words, to)
    return [
        {"tokens": tokens, "side": side, **_page(write, browser, folder)} for side, write in sides.items()
    ]


def _ours(looks: np.ndarray, words: list[str], to: Path) -> float:
    start, ends, at = time.perf_counter(), [], 0
    for word in words:
        ends.append((at, at + len(word)))
        at += len(word) + 1
    axis = Axis(tuple(words), tuple(ends))
    layers, heads = (tuple(map(str, range(n))) for n in looks.shape[:2])
    drawn = Heads(looks, layers, heads, axis, axis, " ".join(words), False, "share", plain=())
    to.write_text(html(Figure("Attention", (drawn,))), encoding="utf-8")
    return time.perf_counter() - start


def _theirs(peer: Peer, looks: Path, words: list[str], to: Path) -> float:
    return peer("page", attention=str(looks), tokens=words, to=str(to))[1].clock


def _page(write: Callable[[Path], float], browser: Any, folder: Path) -> dict[str, Any]:
    file = folder / "page.html"
    try:
        seconds = write(file)
    except PeerFailed as error:
        return {"failed": error.reason}
    return {"bytes": file.stat().st_size, "written": seconds, **_opened(file, browser)}


def _opened(file: Path, browser: Any) -> dict[str, Any]:
    """Seconds until something is drawn, or None for nothing, and the memory that its script then holds."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    try:
        start = time.perf_counter()
        page.goto(file.as_uri(), timeout=1000 * PATIENCE * 6)
        drawn = None
        while drawn is None and time.perf_counter() - start < PATIENCE:
            drawn = time.perf_counter() - start if page.evaluate(DRAWN) else None
        return {"drawn": drawn, "heap_bytes": page.evaluate("performance.memory.usedJSHeapSize")}
    except Exception as error:
        return {"broken": str(error).splitlines()[0][:80]}
    finally:
        context.close()


def table(found: dict[str, Any]) -> str:
    """One line a side and length."""
    lines = [(str(row["tokens"]), row["side"], *_figures(row)) for row in found["rows"]]
    how = f"12 layers x 12 heads, Chromium {found['browser']} without network. {found['machine']}."
    return "\n".join([markdown(COLUMNS, lines, words=2), "", how])


def _figures(row: dict[str, Any]) -> tuple[str, str, str, str]:
    if "failed" in row:
        return row["failed"].replace("|", " "), "", "", ""
    size, written = f"{row['bytes'] / 1e6:.2f} MB", f"{row['written']:.1f} s"
    if "broken" in row:
        return size, written, f"not at all: {row['broken']}", ""
    drawn = "nothing" if row["drawn"] is None else f"{row['drawn']:.1f} s"
    return size, written, drawn, f"{row['heap_bytes'] / 1e6:.0f} MB"
