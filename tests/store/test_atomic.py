"""A file appears whole or not at all, and nothing is left lying about."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from pellucid.core.errors import CannotWrite
from pellucid.store.atomic import check_writable, write


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "why.json"
    assert write(path, b"one") == path
    assert write(str(path), b"two") == path
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["why.json"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_leaves_the_old_file(tmp_path, monkeypatch, step, failure):
    path = tmp_path / "why.json"
    write(path, b"old")

    def fail(*_: object) -> None:
        assert len(os.listdir(tmp_path)) == 2, "the failure must come while the temporary file is there"
        raise failure

    monkeypatch.setattr(os, step, fail)
    with pytest.raises((CannotWrite, KeyboardInterrupt)) as caught:
        write(path, b"new")
    monkeypatch.undo()
    if isinstance(failure, OSError):
        assert str(caught.value) == f"Cannot write {path}: No space left on device. Nothing was written."
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["why.json"]


@pytest.mark.parametrize("attempt", [lambda path: write(path, b"x"), check_writable])
def test_places_where_nothing_can_be_written_are_refused(tmp_path, attempt):
    with pytest.raises(CannotWrite, match=r"the folder .*none does not exist"):
        attempt(tmp_path / "none" / "why.json")
    with pytest.raises(CannotWrite, match="it is a folder"):
        attempt(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match="does not exist"):
        attempt(tmp_path / "file" / "why.json")
    with pytest.raises(CannotWrite, match="name too long"):
        attempt(tmp_path / ("x" * 300 + ".json"))
    with pytest.raises(CannotWrite, match="null"):
        attempt(tmp_path / "a\0b")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only where there are pipes")
def test_a_device_or_pipe_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CannotWrite, match="a device or a pipe"):
        write(tmp_path / "pipe", b"x")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32" or not os.getuid(), reason="root may write anywhere")
def test_a_closed_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    for attempt in (
        lambda: write(tmp_path / "why.json", b"x"),
        lambda: check_writable(tmp_path / "why.json"),
    ):
        with pytest.raises(CannotWrite, match="Permission denied"):
            attempt()
    tmp_path.chmod(0o700)
    assert not os.listdir(tmp_path)


def test_a_system_that_refuses_is_reported(tmp_path, monkeypatch):
    """The same for those whom no permission stops."""
    from pathlib import Path

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(CannotWrite, match="Permission denied"):
        check_writable(tmp_path / "why.json")


def test_checking_leaves_nothing_and_changes_nothing(tmp_path):
    check_writable(tmp_path / "why.json")
    assert not os.listdir(tmp_path)
    write(tmp_path / "why.json", b"old")
    check_writable(tmp_path / "why.json")
    assert (tmp_path / "why.json").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["why.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
def test_the_mode_is_the_users_and_a_link_stays_a_link(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "why.json", b"one")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "why.json").stat().st_mode) == 0o640
    (tmp_path / "link.json").symlink_to(tmp_path / "why.json")
    write(tmp_path / "link.json", b"two")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "why.json").read_bytes() == b"two"
