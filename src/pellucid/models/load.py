"""From whatever a user can name to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pellucid.core.errors import UnknownName, UnsupportedModel
from pellucid.models.bundled import BUNDLED

__all__ = ["load"]

# Below this a CPU runs float32 as fast as 16 bits, and without their error.
FLOAT32_ON_CPU = 1_000_000_000
ENDINGS = "ForSequenceClassification, ForCausalLM, LMHeadModel, ForMaskedLM, ForConditionalGeneration"


def load(ref: Any, *, device: str | None = None, dtype: Any = None, **options: Any) -> Any:
    """A model that Pellucid can explain.

    ``ref``: a bundled name (``demo-lm``, ``demo-sentiment``), a Hugging Face id, a folder, a live
    ``(model, tokenizer)``, a pipeline, or a model that is loaded already. ``device`` e.g. ``"cuda"``;
    ``dtype`` e.g. ``"bfloat16"``, by default float32 on CPU up to a billion parameters, else what the
    checkpoint has. Other options (``device_map``, ``quantization_config``, ``revision``,
    ``attn_implementation``, ...) go to ``from_pretrained`` unchanged.

    Raises `UnknownName` for a name that leads nowhere and `UnsupportedModel` for a model of an unknown kind.
    """
    if isinstance(ref, (str, Path)):
        return _from_files(str(ref), device, dtype, options)
    if hasattr(ref, "generate") and hasattr(ref, "fingerprint"):
        return ref
    module, tokenizer = _live(ref)
    return _model(module, tokenizer, getattr(module, "name_or_path", "") or type(module).__name__, None)


def _live(ref: Any) -> tuple[Any, Any]:
    """The module and tokenizer of a pair or a pipeline."""
    if isinstance(ref, tuple) and len(ref) == 2:
        return ref
    module, tokenizer = getattr(ref, "model", None), getattr(ref, "tokenizer", None)
    if module is None or tokenizer is None:
        looked_for = "a name, a folder, a pair (model, tokenizer), or a transformers pipeline"
        raise UnsupportedModel(type(ref).__name__, looked_for)
    return module, tokenizer


def _from_files(name: str, device: str | None, dtype: Any, options: dict[str, Any]) -> Any:
    from transformers import AutoTokenizer

    place = str(BUNDLED.get(name, name))
    if place == name and name.replace("_", "-").lower() in BUNDLED:
        raise UnknownName("model", name, BUNDLED)
    try:
        kind = _class_of(place, name, options.get("revision"))
        tokenizer = AutoTokenizer.from_pretrained(place, revision=options.get("revision", "main"))
        module = kind.from_pretrained(place, dtype=dtype or "auto", **options)
    except (OSError, ValueError) as error:
        raise _not_found(name, error) from error
    if device is not None:
        module = module.to(device)
    if dtype is None and module.device.type == "cpu" and module.num_parameters() <= FLOAT32_ON_CPU:
        module = module.float()
    return _model(module, tokenizer, name, place)


def _model(module: Any, tokenizer: Any, name: str, place: str | None) -> Any:
    from pellucid.models.huggingface.fingerprint import of_files
    from pellucid.models.huggingface.model import HuggingFaceModel

    files = None if place is None else of_files(_folder(place, module))
    return HuggingFaceModel(module.eval(), tokenizer, name, files)


def _folder(place: str, module: Any) -> Path:
    """Where the weight files lie: the folder itself, or the snapshot in the hub's cache."""
    if Path(place).is_dir():
        return Path(place)
    from transformers.utils import cached_file

    config = cached_file(place, "config.json", _commit_hash=module.config._commit_hash, local_files_only=True)
    return Path(config).parent


def _class_of(place: str, name: str, revision: str | None) -> Any:
    """The transformers class that the checkpoint names for itself."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(place, revision=revision or "main")
    for architecture in config.architectures or []:
        if hasattr(transformers, architecture):
            return getattr(transformers, architecture)
    found = ", ".join(config.architectures or ["nothing"])
    raise UnsupportedModel(
        name,
        f'"architectures" in config.json to name a transformers class ending in {ENDINGS}; found {found}',
    )


def _not_found(name: str, error: Exception) -> Exception:
    if isinstance(error, ValueError) and Path(name).is_dir():
        return UnsupportedModel(
            name, "a folder with config.json, weights and a tokenizer", _first_line(error)
        )
    if Path(name).is_dir():
        return UnsupportedModel(
            name, "config.json, weights and tokenizer.json in the folder", _first_line(error)
        )
    hint = "A model is a bundled name, a folder with config.json, or a Hugging Face id that can be reached from here."
    return UnknownName("model", name, BUNDLED, hint)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
