"""The server while it runs: made ready before it says its address, and gone a moment after it is told to stop."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from types import FrameType

import uvicorn

from pellucid.app.catalogue import listed
from pellucid.app.server import create
from pellucid.app.settings import Settings

__all__ = ["prepared"]

PATIENCE = 1  # seconds that answers in progress have, once it is told to stop
SWITCH = 0.001  # seconds a thread that computes keeps the interpreter while the one that answers waits for it


def prepared(settings: Settings) -> Callable[[socket], None]:
    """What serves on a socket until Ctrl-C. All that takes long is imported now: importing stops every thread."""
    app = create(settings)
    listed("method"), listed("metric")
    import torch
    import transformers  # noqa: F401

    import pellucid.models.huggingface.model  # noqa: F401

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))  # one core is for whoever asks
    gc.collect()
    gc.freeze()  # what is here now stays; looking through it again would stop every thread for a tenth of a second
    sys.setswitchinterval(SWITCH)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=PATIENCE,
        timeout_keep_alive=30,
    )
    server = _Stopping(config, app.state.pellucid.jobs.close)

    def serve(listening: socket) -> None:
        with suppress(KeyboardInterrupt):  # uvicorn has stopped in order, and hands the signal on
            server.run([listening])

    return serve


class _Stopping(uvicorn.Server):
    """Cancels the work when it is told to stop, so that whoever follows a job is told, and lets go."""

    def __init__(self, config: uvicorn.Config, close: Callable[[], None]) -> None:
        super().__init__(config)
        self._close = close

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: in the main thread, between two steps of the loop."""
        super().handle_exit(sig, frame)
        self._close()
