"""One command line in this process: its exit code, what it printed, and what it said on stderr."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from pellucid.cli.main import run
from pellucid.cli.progress import QUIET, THREADS


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def mistake(self) -> str:
        """The one line of a user's mistake; fails if it was anything else."""
        assert self.code == 2
        assert self.out == ""
        assert self.err.startswith("Error: ")
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err


@pytest.fixture(scope="session")
def hushed():
    """What `settle` asks for is read when transformers is imported; in this process that may have happened."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    yield
    logging.set_verbosity(verbosity)
    if bars:
        logging.enable_progress_bar()


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path, hushed
) -> Callable[..., Done]:
    """``cli("explain", "a text")`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name, value in {**QUIET, **THREADS}.items():
        monkeypatch.setenv(name, os.environ.get(name, value))

    def call(*argv: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run([str(word) for word in argv])
        return Done(code, *capsys.readouterr())

    return call


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading a model fails the test: a mistake has to be found before."""

    def load(*args: object, **options: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("pellucid.models.load.load", load)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, demo_lm, demo_sentiment) -> None:
    """The bundled models are loaded once for all commands of this process."""
    from pellucid.models.load import load

    ready = {"demo-lm": demo_lm, "demo-sentiment": demo_sentiment}

    def instead(name: str, **options: object):
        return ready[name] if name in ready and not options else load(name, **options)

    monkeypatch.setattr("pellucid.models.load.load", instead)
