"""Documentation is code: what a page shows is run, in order, as a reader would type it."""

from __future__ import annotations

import shlex

import pytest

from tests.docs.blocks import PAGES, blocks, blocks_of, name_of
from tests.docs.shown import apart, printed, with_output

WITH_PYTHON = [page for page in PAGES if blocks_of(page, "python")]
WITH_SHELL = [page for page in PAGES if blocks_of(page, "sh")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__docs__"}
    for block, shown in with_output(page.read_text(encoding="utf-8")):
        if block.language == "python":
            found = printed(block, page, namespace)
            assert shown is None or not (different := apart(shown.code, found)), (
                f"line {block.line} prints something else than the page shows: make shown\n{different}"
            )


@pytest.mark.parametrize("page", WITH_SHELL, ids=name_of)
def test_pellucid_commands_run(page, tmp_path, monkeypatch, capsys):
    from pellucid.cli.main import run

    monkeypatch.chdir(tmp_path)
    for block in blocks_of(page, "sh"):
        for line in block.code.replace("\\\n", " ").splitlines():
            command, *arguments = shlex.split(line, comments=True) or [""]
            if command == "pellucid":
                assert run(arguments) == 0, f"{line}\n{capsys.readouterr().err}"


def test_blocks_are_found_with_their_lines():
    page = "# Title\n\n```python\na = 1\nb = 2\n```\ntext\n```sh\nls\n```\n"
    assert [(b.language, b.code, b.line) for b in blocks(page)] == [
        ("python", "a = 1\nb = 2\n", 4),
        ("sh", "ls\n", 9),
    ]
