"""`pellucid serve`: the local web app, and the API behind it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from pellucid.app.settings import DEFAULT_MODELS, DEFAULT_PORT, LOOPBACK, Settings
from pellucid.cli.progress import progress, say
from pellucid.cli.shared import Device, Dtype, Quiet, load_options
from pellucid.core.errors import BadOption, MissingExtra

__all__ = ["serve"]

_LISTENS = "Where it listens"
_LIMITS = "How much it takes on"
_SHORTEST = 16


def serve(
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="A model that may be asked for: a bundled name, a folder, or a Hugging Face id. May be given several "
            "times; no other can be asked for.",
            show_default=", ".join(DEFAULT_MODELS),
        ),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    port: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=65535, help="The port; 0 is any that is free.", rich_help_panel=_LISTENS
        ),
    ] = DEFAULT_PORT,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="The address; another than this machine's own needs --allow-remote.",
            rich_help_panel=_LISTENS,
        ),
    ] = "127.0.0.1",
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Let other machines reach it. What is sent is not encrypted: whoever can read the network can read "
            "the texts and the token.",
            rich_help_panel=_LISTENS,
        ),
    ] = False,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            envvar="PELLUCID_TOKEN",
            help="What a request must know; by default a new random one each time. Others on this machine can read a "
            "command line, but not a variable.",
            show_default=False,
            rich_help_panel=_LISTENS,
        ),
    ] = None,
    max_tokens: Annotated[
        int,
        typer.Option(
            metavar="N", min=16, help="The most tokens of a text and its answer.", rich_help_panel=_LIMITS
        ),
    ] = 2048,
    queue: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            help="How many jobs may wait for a model; of one client a quarter of them.",
            rich_help_panel=_LIMITS,
        ),
    ] = 64,
    device: Device = None,
    dtype: Dtype = None,
    quiet: Quiet = False,
) -> None:
    """Explain in a browser: a page and an API on this machine, for whoever has the address with its token.

    Models are loaded when they are first used. What is asked stays on this machine, and is gone when it stops.
    """
    _check(host, allow_remote, token)
    prepared = _installed()
    given: dict[str, Any] = {"models": tuple(model)} if model else {}
    if token is not None:
        given["token"] = token
    with progress(quiet) as phase:
        phase("Starting")
        listening = _bound(host, port)
        settings = Settings(
            host=host,
            port=listening.getsockname()[1],
            max_tokens=max_tokens,
            queue=queue,
            per_client=max(1, queue // 4),
            load_options=load_options(device, dtype),
            **given,
        )
        run = prepared(settings)
    address = _address(settings)
    if settings.remote:
        say(
            f"Other machines can reach this on port {settings.port}. What is sent is not encrypted, and the token "
            "is all that keeps them out.",
            quiet=quiet,
        )
    say(f"Serving {', '.join(settings.models)}. Stop with Ctrl-C.", quiet=quiet)
    sys.stdout.write(address + "\n")
    sys.stdout.flush()
    if open_browser:
        import webbrowser

        webbrowser.open(address)
    run(listening)
    say("Stopped.", quiet=quiet)


def _check(host: str, allow_remote: bool, token: str | None) -> None:
    if host not in LOOPBACK and not allow_remote:
        raise BadOption(
            f"--host {host} lets other machines reach this one, unencrypted: add --allow-remote if that is meant. "
            f"Without, it listens on {', '.join(LOOPBACK)}."
        )
    if token is not None and not (
        len(token) >= _SHORTEST and token.isascii() and token.isprintable() and " " not in token
    ):
        raise BadOption(
            f"--token (PELLUCID_TOKEN) is at least {_SHORTEST} letters, digits and signs, without spaces: it is all "
            "that keeps others out. Leave it out, and a random one is made."
        )


def _installed() -> Callable[[Settings], Callable[[socket.socket], None]]:
    """What makes a server of settings. Raises `MissingExtra`."""
    try:
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MissingExtra("pellucid serve", "fastapi and uvicorn", "app") from error
    from pellucid.app.running import prepared

    return prepared


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises `BadOption` for a port that is taken, and a host that is not this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there, it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise BadOption(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}. Another pellucid serve may be running; "
            "--port 0 takes any port that is free."
        ) from error
    return listening


def _address(settings: Settings) -> str:
    """Where the page is. The token stands behind #, which a browser never sends."""
    from urllib.parse import quote

    everywhere = settings.host in ("0.0.0.0", "::")
    name = socket.gethostname() if everywhere else settings.host
    return f"http://{f'[{name}]' if ':' in name else name}:{settings.port}/#token={quote(settings.token, safe='')}"
