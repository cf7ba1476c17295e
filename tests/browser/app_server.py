"""The real server, as a user starts it, for the tests of its page."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

START = "import sys; sys.argv[0] = 'pellucid'; from pellucid.cli.main import main; main()"
PRINTED = re.compile(r"(http://127\.0\.0\.1:\d+)/#token=([\w-]+)")


@dataclass(frozen=True)
class Server:
    """Where it answers, and what it asks for."""

    origin: str
    token: str

    def address(self, query: str = "", *, token: bool = True) -> str:
        return f"{self.origin}/{query}" + (f"#token={self.token}" if token else "")


@contextmanager
def serving(*flags: str) -> Iterator[Server]:
    """``pellucid serve`` on a free port, until the block ends."""
    command = [sys.executable, "-c", START, "serve", "--port", "0", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield _printed(process)
    finally:
        process.terminate()
        process.wait(20)


def _printed(process: subprocess.Popen) -> Server:
    seen = []
    assert process.stdout is not None
    for line in process.stdout:
        seen.append(line)
        if found := PRINTED.search(line):
            # A pipe that nobody reads would stop the server once it is full.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return Server(*found.groups())
    raise AssertionError("The server printed no address:\n" + "".join(seen))
