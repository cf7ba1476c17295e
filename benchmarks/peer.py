"""A peer: a process in an environment of its own that answers tasks and says how long they took."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.environments import HERE, python_of, versions_of
from benchmarks.timing import Seconds


class PeerFailed(Exception):
    """The peer's process raised; the message is its traceback."""

    @property
    def reason(self) -> str:
        """What it says in the end."""
        return str(self).strip().splitlines()[-1]


class Peer:
    """One peer's process, idle while others work."""

    def __init__(self, name: str, python: Path, threads: int) -> None:
        self.name, self.versions = name, versions_of(python)
        offline = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": str(threads)}
        self._process = subprocess.Popen(
            [str(python), str(HERE / "peers" / "serve.py"), name, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | offline,
        )

    def __call__(self, work: str, **task: Any) -> tuple[Any, Seconds]:
        """The numbers of one task, and its seconds."""
        answer = self.answer(work, **task)
        return answer["numbers"], Seconds(*answer["seconds"])

    def answer(self, work: str, **task: Any) -> dict[str, Any]:
        """All that is said about one task (see `peers/serve.py`)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"work": work, **task}) + "\n")
        self._process.stdin.flush()
        reply = self._process.stdout.readline()
        if not reply:
            raise PeerFailed(f"{self.name} ended: try `{work}` in its environment by hand.")
        answer: dict[str, Any] = json.loads(reply)
        if "error" in answer:
            raise PeerFailed(answer["error"])
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@contextmanager
def started(names: Iterable[str], threads: int) -> Iterator[dict[str, Peer]]:
    """The peers among ``names`` whose environments can be had here; they end afterwards."""
    pythons = {name: python_of(name) for name in names}
    peers = {name: Peer(name, python, threads) for name, python in pythons.items() if python is not None}
    try:
        yield peers
    finally:
        for peer in peers.values():
            peer.close()
