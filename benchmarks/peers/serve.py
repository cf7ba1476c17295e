"""Answer tasks, one JSON object a line, with the numbers and the seconds they took; runs in a peer's environment.

``python serve.py NAME THREADS``: the functions of ``NAME/work.py`` take a task and return an array. Models stay
loaded between tasks, so that loading is in nobody's time. A task with ``most_bytes`` may take so much memory beside
the model, and is told its peak, ``grown_bytes``.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from memory import growing


def main(name: str, threads: int) -> None:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # peers print progress, which is no reply
    import torch

    torch.set_num_threads(threads)
    sys.path.append(str(Path(__file__).parent / name))
    work = importlib.import_module("work")
    for line in sys.stdin:
        print(json.dumps(_answer(work, json.loads(line))), file=replies)


def _answer(work: Any, task: dict[str, Any]) -> dict[str, Any]:
    try:
        function = getattr(work, task["work"])
        load = work.load(task)
        most = task.get("most_bytes")
        with growing(most) if most else nullcontext() as grown:
            start, busy = time.perf_counter(), time.process_time()
            numbers = function(*load, task)
            seconds = time.perf_counter() - start, time.process_time() - busy
        told = {"grown_bytes": grown.at_most} if grown else {}
        return {"seconds": seconds, "numbers": numbers, **told}
    except Exception:
        return {"error": traceback.format_exc()}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
