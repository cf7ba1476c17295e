"""The models that may be asked for: a list that whoever starts the server gives, and no request can add to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pellucid.core.errors import UnknownName
from pellucid.core.protocols import access_of
from pellucid.models.bundled import BUNDLED

__all__ = ["Served"]

FEW_LABELS = 1000


class Served:
    """Models by name, each loaded when it is first used. A model is loaded and used by its own thread alone."""

    def __init__(
        self, names: Sequence[str], options: Mapping[str, Any], ready: Mapping[str, Any] | None = None
    ) -> None:
        self.names = tuple(dict.fromkeys(names))
        self._options = dict(options)
        given = ready or {}
        self._places = {name: given[name] for name in given if isinstance(given[name], str)}
        self._loaded = {name: given[name] for name in given if name not in self._places}
        self._known = {
            name: _known(self._places.get(name, name), name in self._loaded) for name in self.names
        }

    def check(self, name: str) -> None:
        """Raise `UnknownName` for a model that is not on the list."""
        if name not in self.names:
            hint = "Whoever starts the server adds one with: pellucid serve --model NAME."
            raise UnknownName("model of this server", name, self.names, hint)

    def called(self, name: str) -> str | None:
        """The name here of a model that calls itself so, if it may be asked for."""
        own = (here for here, model in self._loaded.copy().items() if model.name == name)
        return name if name in self.names else next(own, None)

    def is_loaded(self, name: str) -> bool:
        """Whether the model is in memory."""
        return name in self._loaded

    def load(self, name: str) -> Any:
        """The model, read from its files the first time."""
        if name not in self._loaded:
            from pellucid.models.load import load

            self._loaded[name] = load(self._places.get(name, name), **self._options)
        return self._loaded[name]

    def card(self, name: str) -> dict[str, Any]:
        """What is known of a model: all of one that is loaded, else what its config says, None for the rest."""
        known = {"name": name, "loaded": False, **self._known[name]}
        model = self._loaded.get(name)
        if model is None:
            return known
        labels = getattr(model.head, "labels", None)
        return known | {
            "loaded": True,
            "access": access_of(model),
            "labels": None if labels is None else list(labels)[:FEW_LABELS],
            "continues": model.continues,
            "tokens": model.context,
        }


def _known(name: str, loaded: bool = False) -> dict[str, Any]:
    """What the files of a model say, if they lie here. Raises `UnknownName` for a slip of the pen."""
    folder = BUNDLED.get(name, Path(name))
    if loaded or not folder.is_dir():
        if not loaded:
            _check_name(name)
        return dict.fromkeys(("access", "labels", "continues", "tokens", "description"))
    config = _config(folder)
    kind = str((config.get("architectures") or [""])[0])
    labels = config.get("id2label") if "Classification" in kind else None
    return {
        "access": "WhiteBox",
        "labels": list(labels.values())[:FEW_LABELS] if isinstance(labels, dict) else None,
        "continues": kind.endswith(("ForCausalLM", "LMHeadModel")) if kind else None,
        "tokens": config.get("max_position_embeddings") or config.get("n_positions"),
        "description": _description(folder),
    }


def _check_name(name: str) -> None:
    """Raise `UnknownName` for what can be seen to lead nowhere, before anybody asks for it."""
    if get_close_matches(name.lower(), BUNDLED, cutoff=0.8):
        raise UnknownName("model", name, BUNDLED)
    if name.startswith((".", "/", "~")):
        raise UnknownName(
            "folder", name, (), "A model is a folder with config.json, weights and a tokenizer."
        )


def _config(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _description(folder: Path) -> str | None:
    """The first sentence of the model's card, if it has one."""
    try:
        card = (folder / "README.md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    prose = re.sub(r"\A---\n.*?\n---\n", "", card, flags=re.DOTALL)
    paragraphs = (" ".join(p.split()) for p in prose.split("\n\n"))
    first = next((p for p in paragraphs if p and p[0] not in "#|<![`"), "")
    return re.sub(r"[*`]", "", re.split(r"(?<=[.!?]) ", first)[0]) or None
