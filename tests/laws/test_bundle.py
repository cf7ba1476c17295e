"""The built bundle is the one that the sources make, is small, and can reach nothing; no Node is needed to know it."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UI = ROOT / "ui"
ASSETS = ROOT / "src" / "pellucid" / "view" / "assets"
MADE_FROM = ("package-lock.json", "tsconfig.json", "vite.config.ts")  # as in ui/vite.config.ts
LARGEST = 150_000  # bytes of script
NAMES = re.compile(r"https?://www\.w3\.org/[\w/]+")  # of namespaces: nobody asks for them
ADDRESS = re.compile(r"(?:https?|wss?):(?://|\\/\\/)|['\"`]//\w")
# Written in pieces, so that a search for them does not find this file.
UNSAFE = re.compile(
    "|".join([r"\bev" + r"al\(", "new Func" + r"tion\b", "inner" + "HTML", "outer" + "HTML", "insertAdjacent" + "HTML",
              "dangerouslySet", r"document\.write", r"\bimport\("])
)  # fmt: skip


def digest(ui: Path) -> str:
    """The number of everything that a build is made from: names and contents, in the order of the names."""
    inside = [f.relative_to(ui).as_posix() for f in (ui / "src").rglob("*") if f.is_file()]
    found = hashlib.sha256()
    for name in sorted([*inside, *MADE_FROM]):
        found.update(name.encode() + b"\0" + (ui / name).read_bytes() + b"\0")
    return found.hexdigest()


def sources() -> list[Path]:
    return [f for f in (UI / "src").rglob("*") if f.suffix in (".ts", ".tsx")]


def unsafe(code: str) -> list[str]:
    return UNSAFE.findall(code)


def addresses(code: str) -> list[str]:
    """Where code could ask for something elsewhere."""
    return ADDRESS.findall(NAMES.sub("", code))


def test_the_bundle_is_made_from_these_sources():
    built = (ASSETS / "sources.sha256").read_text(encoding="utf-8").strip()
    assert built == digest(UI), (
        "ui/ has changed since the bundle was built: make ui, and commit src/pellucid/view/assets"
    )


def test_a_change_would_be_noticed(tmp_path):
    shutil.copytree(UI / "src", tmp_path / "src")
    for name in MADE_FROM:
        shutil.copy(UI / name, tmp_path)
    before = digest(tmp_path)
    assert before == digest(UI)
    (tmp_path / "src" / "cursor.ts").rename(tmp_path / "src" / "pointer.ts")
    renamed = digest(tmp_path)
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    assert len({before, renamed, digest(tmp_path)}) == 3


def test_the_bundle_is_small():
    assert len((ASSETS / "pellucid.js").read_bytes()) <= LARGEST


def test_the_bundle_knows_no_address():
    for file in ("pellucid.js", "pellucid.css"):
        assert not addresses((ASSETS / file).read_text(encoding="utf-8")), file
    assert "url(" not in (ASSETS / "pellucid.css").read_text(encoding="utf-8")
    assert "@import" not in (ASSETS / "pellucid.css").read_text(encoding="utf-8")


def test_an_address_would_be_noticed():
    assert addresses('fetch("https://example.org/x")')
    assert addresses("new WebSocket('wss://example.org')")
    assert addresses('import("//cdn.example.org/d3.js")')
    assert not addresses('createElementNS("http://www.w3.org/2000/svg", "path") // a remark')


def test_words_of_a_text_never_become_markup_or_code():
    assert sources()
    assert {str(f.relative_to(UI)): unsafe(f.read_text(encoding="utf-8")) for f in sources()} == {
        str(f.relative_to(UI)): [] for f in sources()
    }


@pytest.mark.parametrize("code", ["element.inner" + "HTML = x", "ev" + "al(x)", "new Func" + "tion(x)"])
def test_unsafe_code_would_be_noticed(code):
    assert unsafe(code)


def test_the_bundle_cannot_end_its_element():
    script = (ASSETS / "pellucid.js").read_text(encoding="utf-8").lower()
    assert "</script" not in script
    assert "<!--" not in script
    assert "</style" not in (ASSETS / "pellucid.css").read_text(encoding="utf-8").lower()


@pytest.mark.skipif(
    shutil.which("npx") is None or not (UI / "node_modules").is_dir(), reason="no Node, or no npm ci in ui/"
)
def test_a_build_gives_the_same_again(tmp_path):
    build = ["npx", "--no-install", "vite", "build", "--outDir", str(tmp_path), "--logLevel", "error"]
    subprocess.run(build, cwd=UI, check=True, timeout=120)
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir()} == {
        f.name: f.read_bytes() for f in ASSETS.iterdir()
    }
