"""The app from Python, beside whatever else is done there: for models that are loaded, too."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid.app.listening import address, bound, check, check_installed
from pellucid.app.settings import DEFAULT_MODELS, Settings
from pellucid.core.errors import BadOption

if TYPE_CHECKING:
    from socket import socket

    from pellucid.app.running import Stopping

__all__ = ["Serving", "serve"]

ENDS = 5.0  # seconds that a server has to stop
FEWEST_TOKENS = 16


class Serving:
    """An app that runs in a thread of its own, until `stop`, the end of a ``with`` block, or of the interpreter."""

    def __init__(self, server: Stopping, listening: socket, url: str, models: tuple[str, ...]) -> None:
        self.url, self.models = url, models
        self._server, self._listening = server, listening
        self._thread = threading.Thread(target=self._run, name="pellucid serves", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    @property
    def running(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Cancel its work, and give its port back. Once more does nothing."""
        self._server.stop()
        self._thread.join(ENDS)
        self._listening.close()
        atexit.unregister(self.stop)

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = self.url if self.running else "stopped"
        return f"<Pellucid serves {', '.join(self.models)}: {where}>"

    def _repr_html_(self) -> str:
        models = escape(", ".join(self.models))
        if not self.running:
            return f"Pellucid no longer serves {models}."
        shown = escape(self.url.partition("#")[0])
        link = f'<a href="{escape(self.url)}" target="_blank" rel="noopener noreferrer">{shown}</a>'
        return f"Pellucid serves {models} at {link}."

    def _run(self) -> None:
        self._server.run([self._listening])


def serve(
    *models: Any,
    port: int = 0,
    open: bool = False,
    host: str = "127.0.0.1",
    allow_remote: bool = False,
    token: str | None = None,
    max_tokens: int = 2048,
    queue: int = 64,
    device: str | None = None,
    dtype: Any = None,
    **named: Any,
) -> Serving:
    """The local web app, as `pellucid serve` starts it, in the background of this interpreter.

    ``models`` and ``named``: whatever `pellucid.load` takes, and models that are loaded; a keyword is the name of its
    model on the page, others keep their own. None at all: both bundled models. What is named is read from its files
    when it is first used, with ``device`` and ``dtype``. ``port`` 0 is any that is free. ``open``: open the page in a
    browser. ``max_tokens`` of a text and its answer; ``queue``: jobs that may wait for a model.

    A model that is served can be used here at the same time: one question after the other is asked. Its answers and
    weights are what they are at that moment; a model in training is better served when that is over.

    Returns a `Serving`: its ``url`` has the token that lets in, `stop` ends it, and so does a ``with`` block. Raises
    `BadOption` for a port that is taken, two models of one name, and a ``host`` that other machines reach without
    ``allow_remote``; `UnknownName` and `UnsupportedModel` as `pellucid.load`; `MissingExtra`.
    """
    check_installed("pellucid.serve")
    check(host, allow_remote, token, _spelled)
    if max_tokens < FEWEST_TOKENS or queue < 1:
        raise BadOption(
            f"max_tokens={max_tokens}, queue={queue}: a text has {FEWEST_TOKENS} tokens or more, a queue 1 place."
        )
    asked = _by_name(models, named) or dict.fromkeys(DEFAULT_MODELS)
    ready = {name: ref for name, ref in asked.items() if ref is not None}
    listening = bound(host, port, _spelled)
    try:
        settings = Settings(
            models=tuple(asked),
            ready=ready,
            load_options=_given(device=device, dtype=dtype),
            host=host,
            port=listening.getsockname()[1],
            max_tokens=max_tokens,
            queue=queue,
            per_client=max(1, queue // 4),
            **_given(token=token),
        )
        from pellucid.app.running import server_of

        found = Serving(server_of(settings), listening, address(settings), settings.models)
    except BaseException:
        listening.close()
        raise
    if open:
        import webbrowser

        webbrowser.open(found.url)
    return found


def _by_name(models: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """Models by the names that the page shows: live ones, ready to be asked; None for what is its own name."""
    found: dict[str, Any] = {}
    for given, ref in [*((None, one) for one in models), *named.items()]:
        files = isinstance(ref, str | Path)
        ready: Any = str(ref) if files else _loaded(ref)
        name = given or (ready if files else ready.name)
        if name in found:
            raise BadOption(
                f"Two models are called {name}: name them, as in pellucid.serve(first=..., second=...)."
            )
        found[name] = None if ready == name else ready
    return found


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _loaded(ref: Any) -> Any:
    from pellucid.models.load import load

    return load(ref)


def _spelled(option: str, value: object) -> str:
    return f"{option}={value!r}"
