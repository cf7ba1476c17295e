"""Everything about a model, and about the process around it, that a call could leave changed.

``trace(model)`` is plain data; two traces are equal if nothing was left behind. Things are compared by their bits,
or, where they are code (hooks, methods of a class, functions of a module), by which object stands there.
"""

from __future__ import annotations

import random
import sys
import threading
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules import module as torch_module
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from pellucid.core import progress

__all__ = ["differences", "trace"]

Trace = dict[str, Any]

# What functions of others a method could be tempted to replace.
LIBRARIES = ("torch", "torch.nn.functional", "torch.autograd")


def trace(model: Any) -> Trace:
    """The model, its tokenizer, the classes and functions behind it, and the state of the process."""
    module: nn.Module = model.module
    found: Trace = {}
    for name, part in module.named_modules():
        found |= {f"{name}: {what}": value for what, value in _of_module(part).items()}
    for kind in {type(part) for part in module.modules()}:
        found |= _of_class(kind)
    return found | _of_settings(model) | _of_process() | {"lock is free": _is_free(model._lock)}


def differences(before: Trace, after: Trace) -> list[str]:
    """The names of what is not as it was."""
    missing = object()
    names = sorted(before.keys() | after.keys())
    return [name for name in names if before.get(name, missing) != after.get(name, missing)]


def _of_module(part: nn.Module) -> Trace:
    """Attributes of one module; its tensors and hooks with what is in them, other objects by identity."""
    found: Trace = {}
    for name, value in vars(part).items():
        if name in ("_parameters", "_buffers"):
            found |= {f"{name}.{key}": _of_tensor(tensor) for key, tensor in value.items()}
        elif isinstance(value, dict):
            found[name] = {key: id(item) for key, item in value.items()}
        elif value is None or isinstance(value, (bool, int, float, str)):
            found[name] = value
        else:
            found[name] = _of_tensor(value) if isinstance(value, torch.Tensor) else id(value)
    return found


def _of_tensor(tensor: torch.Tensor | None) -> Any:
    if tensor is None:
        return None
    bits = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    hooks = [
        list((getattr(tensor, kind) or {}).values())
        for kind in ("_backward_hooks", "_post_accumulate_grad_hooks")
    ]
    gradient = None if not tensor.is_leaf else _of_tensor(tensor.grad)
    return id(tensor), tensor.data_ptr(), tensor.dtype, tensor.requires_grad, bits, gradient, hooks


def _of_class(kind: type) -> Trace:
    """What the class, those it inherits from, and the files they are written in, say."""
    found: Trace = {}
    for each in kind.__mro__[:-1]:
        found |= {
            f"class {each.__qualname__}.{name}": id(value)
            for name, value in vars(each).items()
            if name != "__doc__"
        }
        if not each.__module__.startswith("torch."):
            found |= _of_code(sys.modules[each.__module__])
    return found


def _of_code(library: ModuleType) -> Trace:
    return {
        f"{library.__name__}.{name}": id(value) for name, value in vars(library).items() if callable(value)
    }


def _of_settings(model: Any) -> Trace:
    """Configurations and the tokenizer."""
    module = model.module
    found: Trace = {
        "config": id(module.config),
        "generation_config": id(getattr(module, "generation_config", None)),
    }
    for part in module.modules():
        if hasattr(part, "config"):
            found[f"config {id(part.config)}"] = _plain(vars(part.config))
        if getattr(part, "generation_config", None) is not None:
            found[f"generation config {id(part.generation_config)}"] = _plain(vars(part.generation_config))
    tokenizer = model.tokenizer
    found["tokenizer"] = tokenizer.backend_tokenizer.to_str()
    found["sides"] = (tokenizer.padding_side, tokenizer.truncation_side)
    found["fingerprint"], found["batch_tokens"] = model.fingerprint, model.batch_tokens
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return repr(value) if isinstance(value, (bool, int, float, str, torch.dtype, type(None))) else id(value)


def _of_process() -> Trace:
    """Registries, hooks and modes of torch and transformers, random numbers, and the meter."""
    found: Trace = {
        f"torch: {name}": list(hooks)
        for name, hooks in vars(torch_module).items()
        if name.startswith("_global_") and isinstance(hooks, dict)
    }
    for registry in (ALL_ATTENTION_FUNCTIONS, ALL_MASK_ATTENTION_FUNCTIONS):
        theirs = (key for key in registry.valid_keys() if not key.startswith("pellucid"))
        found |= {f"{type(registry).__name__}: {key}": id(registry[key]) for key in theirs}
    for library in LIBRARIES:
        found |= _of_code(sys.modules[library])
    return found | {
        "gradients on": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "anomalies": torch.is_anomaly_enabled(),
        "dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "modes": (torch._C._len_torch_function_stack(), len(_get_current_dispatch_mode_stack())),
        "attention kernels": (
            torch.backends.cuda.flash_sdp_enabled(),
            torch.backends.cuda.mem_efficient_sdp_enabled(),
            torch.backends.cuda.math_sdp_enabled(),
        ),
        "random numbers": (
            torch.get_rng_state().numpy().tobytes(),
            repr(np.random.get_state()),
            random.getstate(),
        ),
        "meter": progress._current.get(),
    }


def _is_free(lock: Any) -> bool:
    """Whether another thread could take the lock."""
    got: list[bool] = []

    def take() -> None:
        got.append(lock.acquire(blocking=False))
        if got[0]:
            lock.release()

    other = threading.Thread(target=take)
    other.start()
    other.join()
    return got[0]
