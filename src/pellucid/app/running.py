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
from pellucid.app.connections import Connection
from pellucid.app.server import create
from pellucid.app.settings import Settings

__all__ = ["Stopping", "prepared", "server_of"]

PATIENCE = 1  # seconds that answers in progress have, once it is told to stop
SWITCH = 0.001  # seconds a thread that computes keeps the interpreter while the one that answers waits for it


def prepared(settings: Settings) -> Callable[[socket], None]:
    """What serves on a socket until Ctrl-C, in a process of its own, which is set up for it.

    All that takes long is imported now: importing stops every thread.
    """
    server = server_of(settings)
    import torch

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))  # one core is for whoever asks
    gc.collect()
    gc.freeze()  # what is here now stays; looking through it again would stop every thread for a tenth of a second
    sys.setswitchinterval(SWITCH)

    def serve(listening: socket) -> None:
        with suppress(KeyboardInterrupt):  # uvicorn has stopped in order, and hands the signal on
            server.run([listening])

    return serve


def server_of(settings: Settings) -> Stopping:
    """The server of settings, which can be run in any thread. Raises `BadOption` for a device that is not here."""
    app = create(settings)
    listed("method"), listed("metric")
    import transformers  # noqa: F401

    import pellucid.models.huggingface.model  # noqa: F401
    from pellucid.models.load import check_device

    check_device(settings.load_options.get("device"))
    config = uvicorn.Config(
        app,
        http=Connection,
        log_level="error",  # who sends what is no HTTP is told so; the terminal need not be
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=PATIENCE,
        timeout_keep_alive=30,
    )
    return Stopping(config, app.state.pellucid.close)


class Stopping(uvicorn.Server):
    """Cancels the work when it is told to stop, so that whoever follows a job is told, and lets go."""

    def __init__(self, config: uvicorn.Config, close: Callable[[], None]) -> None:
        super().__init__(config)
        self._close = close

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: in the main thread, between two steps of the loop."""
        super().handle_exit(sig, frame)
        self._close()

    def stop(self) -> None:
        """The same without a signal, from any thread."""
        self.should_exit = True
        self._close()
