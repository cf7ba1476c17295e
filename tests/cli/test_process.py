"""What only a process of its own can show: exit codes, streams, signals, time and memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid

MAIN = "from pellucid.cli.main import main; main()"
COMMAND = [sys.executable, "-c", MAIN]
PEAK = """
import os, pathlib
leave, status = os._exit, pathlib.Path("/proc/self/status")
def noted(code):
    pathlib.Path("peak").write_text(next(l for l in status.read_text().splitlines() if l.startswith("VmHWM")))
    leave(code)
os._exit = noted
"""


def start(*argv: str, before: str = "", **options):
    command = [sys.executable, "-c", before + MAIN, *argv]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def cost(process: subprocess.Popen) -> tuple[int, float]:
    """Exit code and seconds of processor time of a process that has ended."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime


def megabytes_at_most(peak: Path) -> float:
    """What a process wrote by `PEAK`. A parent counts memory of its own to its children's, from before they began."""
    return int(peak.read_text().split()[1]) / 2**10


def test_help_is_quick_and_loads_nothing_heavy():
    heavy = ["torch", "transformers", "xarray", "numpy", "pandas", "jinja2"]
    loaded = f"print([m for m in {heavy} if m in sys.modules])"
    program = f"import sys; from pellucid.cli.main import run; run(['--help']); {loaded}"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    out = process.stdout.read()
    code, seconds = cost(process)
    assert code == 0
    assert out.splitlines()[-1] == "[]"
    assert "explain" in out
    assert seconds < 0.5  # of the processor: other work on the machine does not count


def test_version():
    process = start("--version")
    assert process.communicate() == (f"pellucid {pellucid.__version__}\n", "")
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read where Linux says it")
def test_explaining_keeps_streams_apart_and_stays_small(tmp_path):
    process = start("explain", "The Eiffel Tower is located in the city of", "--format", "json",
                    "--out", "a.html", "--out", "a.json", cwd=tmp_path, before=PEAK)  # fmt: skip
    out, err = process.stdout.read(), process.stderr.read()
    code, seconds = cost(process)
    assert code == 0
    assert err == "Wrote a.html\nWrote a.json\n"
    assert json.loads(out) == json.loads((tmp_path / "a.json").read_text())
    assert megabytes_at_most(tmp_path / "peak") < 1000
    # About 4 on two idle cores; where others share them, a second of work takes up to two.
    assert seconds < 10


def test_a_mistake_exits_with_2_and_no_traceback():
    process = start("explain", "hello", "--by", "integrated_gradient")
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1


def test_a_pipe_that_closed_is_no_error():
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen([*COMMAND, "--help"], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert process.communicate()[1] == ""
    assert process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_line():
    with open("/dev/full", "w") as full:
        process = subprocess.Popen([*COMMAND, "methods"], stdout=full, stderr=subprocess.PIPE, text=True)
    err = process.communicate()[1]
    assert process.returncode == 2
    assert err.startswith("Error: Cannot write standard output")
    assert err.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_control_c_is_one_line(tmp_path):
    def listen() -> None:
        """A job that a shell put in the background, as some build servers do, was told to ignore Ctrl-C."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    os.mkfifo(tmp_path / "text")
    argv = ["explain", "--file", "text", "--out", "never.html"]
    process = start(*argv, cwd=tmp_path, preexec_fn=listen)
    with open(tmp_path / "text", "w"):  # opens when the command has begun to read
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "Cancelled. Nothing was written.\n"
    assert not (tmp_path / "never.html").exists()


def test_progress_is_shown_to_a_terminal_only(tmp_path):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    argv = [*COMMAND, "explain", "good film", "--no-evaluate"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:
        pass  # Linux says so when the other side has closed
    out = process.stdout.read().decode()
    assert process.wait() == 0
    assert b"Loading demo-lm" in shown
    assert "Loading" not in out
    assert "good film" in out
