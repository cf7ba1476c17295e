"""`pellucid serve`: the local web app, and the API behind it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from pellucid.app.listening import address, bound, check, check_installed
from pellucid.app.settings import DEFAULT_MODELS, DEFAULT_PORT, Settings
from pellucid.cli.progress import progress, say
from pellucid.cli.shared import Device, Dtype, Quiet, load_options

__all__ = ["serve"]

_LISTENS = "Where it listens"
_LIMITS = "How much it takes on"


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
    check(host, allow_remote, token, _spelled)
    check_installed("pellucid serve")
    from pellucid.app.running import prepared

    given: dict[str, Any] = {"models": tuple(model)} if model else {}
    if token is not None:
        given["token"] = token
    with progress(quiet) as phase:
        phase("Starting")
        listening = bound(host, port, _spelled)
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
    place = address(settings)
    if settings.remote:
        say(
            f"Other machines can reach this on port {settings.port}. What is sent is not encrypted, and the token "
            "is all that keeps them out.",
            quiet=quiet,
        )
    say(f"Serving {', '.join(settings.models)}. Stop with Ctrl-C.", quiet=quiet)
    sys.stdout.write(place + "\n")
    sys.stdout.flush()
    if open_browser:
        import webbrowser

        webbrowser.open(place)
    run(listening)
    say("Stopped.", quiet=quiet)


def _spelled(option: str, value: object) -> str:
    """An option as it is typed."""
    flag = f"--{option.replace('_', '-')}"
    return flag if value is True else f"{flag} {value}"
