"""From whatever a user can name to a model."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pellucid.core.errors import BadOption, UnknownName, UnsupportedModel
from pellucid.core.protocols import access_of
from pellucid.models.bundled import BUNDLED

__all__ = ["check_device", "load"]

# Below this a CPU runs float32 as fast as 16 bits, and without their error.
FLOAT32_ON_CPU = 1_000_000_000
# What the config and the tokenizer are found by, as well as the weights.
WHERE = (
    "cache_dir",
    "force_download",
    "local_files_only",
    "revision",
    "subfolder",
    "token",
    "trust_remote_code",
)


def load(
    ref: Any, *, device: str | None = None, dtype: Any = None, infill: Any = None, **options: Any
) -> Any:
    """A model that Pellucid can explain.

    ``ref``: a bundled name (``demo-lm``, ``demo-sentiment``), a Hugging Face id, a folder, a live
    ``(model, tokenizer)``, a pipeline, or a model that is loaded already. ``device`` e.g. ``"cuda"``;
    ``dtype`` e.g. ``"bfloat16"``, by default float32 on CPU up to a billion parameters, else what the
    checkpoint has. ``infill``: a masked or causal language model with the same tokens, named or given in the
    same ways, that proposes what could stand in place of a removed feature (``ablate="infill"``); language
    models propose for themselves. Other options (``device_map``, ``quantization_config``, ``revision``,
    ``attn_implementation``, ...) go to ``from_pretrained`` unchanged.

    Raises `UnknownName` for a name that leads nowhere and `UnsupportedModel` for a model of an unknown kind.
    """
    if isinstance(ref, (str, Path)):
        return _from_files(str(ref), device, dtype, infill, options)
    given = [
        name for name, value in {"device": device, "dtype": dtype, **options}.items() if value is not None
    ]
    if given:
        raise BadOption(
            f"{', '.join(given)}: only for a model that is read from files. This one is loaded already."
        )
    if access_of(ref):
        if infill is not None:
            raise BadOption("infill: this model is loaded already. Give infill when it is loaded.")
        return ref
    module, tokenizer = _live(ref)
    name = getattr(module, "name_or_path", "") or type(module).__name__
    return _model(module, tokenizer, name, None, infill)


def _live(ref: Any) -> tuple[Any, Any]:
    """The module and tokenizer of a pair or a pipeline."""
    pair = isinstance(ref, tuple) and len(ref) == 2
    module, tokenizer = ref if pair else (getattr(ref, "model", None), getattr(ref, "tokenizer", None))
    if not hasattr(module, "forward") or not hasattr(tokenizer, "decode"):
        looked_for = "a name, a folder, a pair (model, tokenizer), or a transformers pipeline"
        raise UnsupportedModel(type(ref).__name__, looked_for)
    return module, tokenizer


def _from_files(name: str, device: str | None, dtype: Any, infill: Any, options: dict[str, Any]) -> Any:
    place = str(BUNDLED.get(name, name))
    if place == name and not Path(name).is_dir() and get_close_matches(name.lower(), BUNDLED, cutoff=0.8):
        raise UnknownName("model", name, BUNDLED)  # a slip of the pen: not worth a question to the hub
    check_device(device)
    _check_dtype(dtype)
    module, tokenizer = _read(name, place, dtype or "auto", options)
    if device is not None:
        module = module.to(device)
    quantised = getattr(module.config, "quantization_config", None) is not None
    small = module.device.type == "cpu" and module.num_parameters() <= FLOAT32_ON_CPU
    if dtype is None and small and not quantised:
        module = module.float()
    folder = _folder(place, module) / options.get("subfolder", "")
    return _model(module, tokenizer, name, folder, infill)


def _read(name: str, place: str, dtype: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    """The module and tokenizer in a folder or on the hub, both whole."""
    from safetensors import SafetensorError
    from transformers import AutoTokenizer

    try:
        where = {option: options[option] for option in WHERE if option in options}
        kind = _class_of(place, name, where)
        tokenizer = AutoTokenizer.from_pretrained(place, **where)
        asked = {**options, "dtype": dtype, "output_loading_info": True, "ignore_mismatched_sizes": True}
        module, found = kind.from_pretrained(place, **asked)
    except (OSError, ValueError, RuntimeError, ImportError, SafetensorError) as error:
        raise _not_loaded(name, place, error) from error
    # transformers fills these with random numbers, and only warns.
    absent = sorted(found["missing_keys"]) + sorted(key for key, *_ in found["mismatched_keys"])
    if absent:
        kinds = f"{', '.join(absent[:3])} ({len(absent)} in all)"
        raise UnsupportedModel(name, "all of its weights", f"Missing, or of another shape: {kinds}.")
    if not tokenizer.vocab_size:
        raise UnsupportedModel(name, "a tokenizer with words in it", "Is tokenizer.json missing?")
    return module, tokenizer


def check_device(device: str | None) -> None:
    """Raise `BadOption`, with those there are, for a device that is not here."""
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
        there = ", ".join(["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])])
        raise BadOption(f'device="{device}" cannot be used here. There are: {there}.') from error


def _check_dtype(dtype: Any) -> None:
    import torch

    if (
        isinstance(dtype, str)
        and dtype != "auto"
        and not isinstance(getattr(torch, dtype, None), torch.dtype)
    ):
        raise BadOption(f'dtype="{dtype}" is not known. Among others there are: float32, bfloat16, float16.')


def _model(module: Any, tokenizer: Any, name: str, folder: Path | None, infill: Any) -> Any:
    from pellucid.models.huggingface.fingerprint import of_files
    from pellucid.models.huggingface.model import HuggingFaceModel

    files = None if folder is None else of_files(folder)
    here = {"device": str(module.device)} if isinstance(infill, (str, Path)) else {}
    proposer = None if infill is None else load(infill, **here)
    return HuggingFaceModel(module, tokenizer, name, files, proposer)


def _folder(place: str, module: Any) -> Path:
    """Where the weight files lie: the folder itself, or the snapshot in the hub's cache."""
    if Path(place).is_dir():
        return Path(place)
    from transformers.utils import cached_file

    config = cached_file(place, "config.json", _commit_hash=module.config._commit_hash, local_files_only=True)
    return Path(config).parent


def _class_of(place: str, name: str, where: dict[str, Any]) -> Any:
    """The transformers class that the checkpoint names for itself, refused before any weight is read."""
    import transformers

    from pellucid.models.huggingface.heads import ENDINGS

    config = transformers.AutoConfig.from_pretrained(place, **where)
    for architecture in config.architectures or []:
        if hasattr(transformers, architecture) and architecture.endswith(ENDINGS):
            return getattr(transformers, architecture)
    found = ", ".join(config.architectures or ["nothing"])
    looked_for = f'"architectures" in config.json to name a transformers class ending in {", ".join(ENDINGS)}'
    raise UnsupportedModel(name, f"{looked_for}; found {found}")


def _not_loaded(name: str, place: str, error: Exception) -> Exception:
    if Path(place).is_dir() or not isinstance(error, OSError):
        looked_for = "a folder with config.json, weights and a tokenizer that this transformers can read"
        return UnsupportedModel(name, looked_for, _first_line(error))
    hint = "A model is a bundled name, a folder with config.json, or a Hugging Face id that can be reached from here."
    return UnknownName("model", name, BUNDLED, hint)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
