"""`import pellucid` is light: neither torch nor xarray is loaded before a verb needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "xarray", "pandas", "scipy"}


def loaded_after(statement: str) -> set[str]:
    """The modules of a fresh interpreter after one statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_is_light():
    assert not loaded_after("import pellucid") & HEAVY


@pytest.mark.parametrize("heavy", ["xarray"])
def test_a_heavy_import_would_be_noticed(heavy):
    assert heavy in loaded_after("import pellucid; pellucid.Explanation")
