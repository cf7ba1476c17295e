"""Pictures from the command line: of what is explained now, and of what was saved."""

from __future__ import annotations

import sys

import pytest

from tests.view.make import score, why


@pytest.mark.usefixtures("no_model")
def test_show_writes_pictures_of_what_was_saved(cli, tmp_path):
    import pellucid

    pellucid.save(why("The Eiffel Tower"), tmp_path / "a.json", scores=[score()])
    out = ["--out", "a.png", "--out", "a.svg", "--out", "a.pdf"]
    assert cli("show", "a.json", *out).err == "Wrote a.png\nWrote a.svg\nWrote a.pdf\n"
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert ">Eiffel</text>" in (tmp_path / "a.svg").read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_model")
def test_without_matplotlib_no_work_is_begun(cli, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    mistake = cli("explain", "a text", "--out", "why.png").mistake
    assert "pip install 'pellucid[image]'" in mistake
    assert list(tmp_path.iterdir()) == []
