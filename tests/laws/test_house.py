"""The laws of the house: floors, names, and how light the door is."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pellucid
from pellucid.core.registry import catalogue, find, names

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "pellucid"
HEAVY = {"torch", "transformers"}
KINDS = {"method": SOURCE / "methods", "metric": SOURCE / "metrics"}
IMPORT_SECONDS = 0.2


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """The floors of the tree under ``root``, checked by import-linter."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    environment = os.environ | {"PYTHONPATH": str(root / "src")}
    run = [sys.executable, "-c", command]
    return subprocess.run(run, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_imports_only_point_down():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("core/site.py", "import torch", "core needs no torch"),
        ("store/plain.py", "import pellucid.verbs.show", "The floors of the house"),
        ("view/draw.py", "import pellucid.methods", "The floors of the house"),
    ],
)
def test_an_import_that_points_up_would_be_noticed(tmp_path, file, line, broken):
    shutil.copytree(
        SOURCE, tmp_path / "src" / "pellucid", ignore=lambda _, files: [f for f in files if keep_out(f)]
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    changed = tmp_path / "src" / "pellucid" / file
    changed.write_text(f"{changed.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert broken in done.stdout.split("Broken contracts")[1]


def keep_out(name: str) -> bool:
    return name == "__pycache__" or Path(name).suffix in (".safetensors", ".json")


def seconds(code: str) -> float:
    """Wall time of a fresh interpreter, the best of 5: other work on the machine can only add to it."""
    found = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        found.append(time.perf_counter() - start)
    return min(found)


def test_importing_is_fast():
    assert seconds("import pellucid") - seconds("pass") < IMPORT_SECONDS


def test_a_slow_import_would_be_noticed():
    assert seconds("import time; time.sleep(0.25)") - seconds("pass") > IMPORT_SECONDS


def loaded_after(code: str) -> set[str]:
    """The modules of a fresh interpreter after some code."""
    run = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"]
    return set(subprocess.run(run, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("kind", KINDS)
def test_listing_the_catalogue_loads_no_torch(kind):
    """Neither its names, which import none of it, nor its cards, which import all of it."""
    after_names = loaded_after(f"from pellucid.core.registry import names; assert names({kind!r})")
    assert not {m for m in after_names if m.startswith(f"pellucid.{kind}s.")}
    assert not after_names & HEAVY
    assert not loaded_after(f"import pellucid; assert pellucid.{kind}s()") & HEAVY


def entries(folder: Path) -> list[Path]:
    return sorted(f for f in folder.glob("*/*.py") if not f.stem.startswith("_"))


@pytest.mark.parametrize("kind", KINDS)
def test_file_function_and_name_are_one(kind):
    files = entries(KINDS[kind])
    assert sorted(f.stem for f in files) == names(kind)
    for file in files:
        function = find(kind, file.stem).function
        assert function.__name__ == file.stem
        assert function.__module__ == f"pellucid.{kind}s.{file.parent.name}.{file.stem}"
        assert file.stem in sys.modules[function.__module__].__all__


def test_no_two_files_have_one_name():
    stems = [file.stem for folder in KINDS.values() for file in entries(folder)]
    assert len(stems) == len(set(stems)) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_card_says_what_a_reader_must_know(kind):
    for card in catalogue(kind):
        assert card.summary.endswith("."), card.name
        assert card.cost, card.name
        assert card.paper, card.name
        for option in card.options:
            assert f":param {option}: " in (card.function.__doc__ or ""), f"{card.name}: {option}"


def test_what_the_package_offers_is_what_it_has():
    for name in pellucid.__all__:
        assert getattr(pellucid, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'explian'"):
        _ = pellucid.explian
    assert dir(pellucid) == sorted(pellucid.__all__)


def test_checkers_see_what_the_package_offers():
    """The imports that only type checkers read name the same things, from the same places."""
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.name: node.module.removeprefix("pellucid.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pellucid.")
        for alias in node.names
        if alias.asname == alias.name
    }
    assert typed == pellucid._HOME
