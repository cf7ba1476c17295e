"""One environment a peer, made when it is first needed: their requirements do not go together with each other's."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent


def python_of(name: str) -> Path | None:
    """The interpreter of a peer's environment; None, with a word why, if it cannot be made here."""
    folder, wanted = HERE / ".venvs" / name, HERE / "peers" / name / "requirements.txt"
    if not wanted.exists():
        return Path(sys.executable)  # needs nothing that Pellucid does not
    python, ready = folder / "bin" / "python", folder / ".ready"
    if ready.exists() and ready.read_text(encoding="utf-8") == wanted.read_text(encoding="utf-8"):
        return python
    print(f"{name}: making benchmarks/.venvs/{name} (some minutes, once)", file=sys.stderr)
    if not python.exists():
        venv.create(folder, with_pip=True)
    pins = ["--requirement", str(wanted), "--constraint", str(wanted.with_name("constraints.txt"))]
    made = subprocess.run([str(python), "-m", "pip", "install", "--quiet", *pins], check=False)
    if made.returncode:
        print(f"{name}: missing, pip could not install {wanted.relative_to(HERE.parent)}", file=sys.stderr)
        return None
    ready.write_text(wanted.read_text(encoding="utf-8"), encoding="utf-8")
    return python


def versions_of(python: Path) -> dict[str, str]:
    """The versions of what matters for speed and numbers in an environment."""
    listed = subprocess.run(
        [str(python), "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    )
    found = dict(line.split("==") for line in listed.stdout.splitlines() if "==" in line)
    wanted = (
        "captum",
        "inseq",
        "shap",
        "lime",
        "transformer-lens",
        "bertviz",
        "circuitsvis",
        "torch",
        "transformers",
        "numpy",
    )
    return {name: found[name] for name in wanted if name in found}
