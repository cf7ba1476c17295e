"""Make the classifier of attention maps: ``python -m training.attention_pattern_types.train``.

Draws maps of each type, fits a network of one hidden layer on their features, measures it on maps of another seed, and
writes weights and figures into the JSON file that is shipped, and the figures into the README beside this file.
"""

import json
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from pellucid.methods.attention._map_features import FEATURES, features
from pellucid.methods.attention._map_types import FILE, SIZES, TYPES, probabilities
from training.attention_pattern_types import card as readme
from training.attention_pattern_types.maps import sample

MAPS, HELD_OUT = 15_000, 5_000
SEED, TEST_SEED = 0, 1
HIDDEN, STEPS, RATE, DECAY = 24, 600, 0.02, 1e-3
DIGITS = 4


def read(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of drawn maps, shape (map, feature); the numbers of their types; and whether each is causal."""
    drawn = sample(np.random.default_rng(seed), count)
    found = np.concatenate([features(one[None], causal=causal) for one, causal, _ in drawn])
    return found, np.array([kind for *_, kind in drawn]), np.array([causal for _, causal, _ in drawn])


def fitted(found: np.ndarray, kinds: np.ndarray) -> dict[str, Any]:
    """The weights of the network, as plain lists of rounded numbers."""
    torch.manual_seed(SEED)
    mean, deviation = found.mean(0), np.maximum(found.std(0), 1e-6)
    inputs = torch.tensor((found - mean) / deviation, dtype=torch.float32)
    layers = torch.nn.Linear(len(FEATURES), HIDDEN), torch.nn.Linear(HIDDEN, len(TYPES))
    network = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    adam = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    for step in range(STEPS):
        adam.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
        adam.zero_grad()
        F.cross_entropy(network(inputs), torch.from_numpy(kinds), label_smoothing=0.02).backward()
        adam.step()
    first, second = layers
    weights = {
        "mean": mean, "deviation": deviation, "first": first.weight, "first_bias": first.bias,
        "second": second.weight, "second_bias": second.bias,
    }  # fmt: skip
    return {
        name: np.round(np.asarray(torch.as_tensor(w).detach(), np.float64), DIGITS).tolist()
        for name, w in weights.items()
    }


def measured(
    weights: dict[str, Any], found: np.ndarray, kinds: np.ndarray, causal: np.ndarray
) -> dict[str, Any]:
    """Accuracy in all, by type and of both kinds of maps, and which type was taken for which."""
    said = probabilities(found, weights).argmax(-1)
    right = said == kinds
    table = np.zeros((len(TYPES), len(TYPES)), int)
    np.add.at(table, (kinds, said), 1)
    return {
        "maps": len(kinds),
        "seed": TEST_SEED,
        "accuracy": round(float(right.mean()), 4),
        "accuracy_causal": round(float(right[causal].mean()), 4),
        "accuracy_bidirectional": round(float(right[~causal].mean()), 4),
        "accuracy_by_type": {kind: round(float(right[kinds == i].mean()), 4) for i, kind in enumerate(TYPES)},
        "said_of_each": {
            kind: dict(zip(TYPES, table[i].tolist(), strict=True)) for i, kind in enumerate(TYPES)
        },
    }


def main() -> None:
    """Train, measure and write; see the module's docstring."""
    torch.set_num_threads(1)
    weights = fitted(*read(SEED, MAPS)[:2])
    card = {
        "what": "Types of attention maps (Kovaleva et al. 2019, arXiv:1908.08593), from features of the map.",
        "made_by": "python -m training.attention_pattern_types.train",
        "learned_from": {
            "maps": MAPS,
            "seed": SEED,
            "tokens": list(SIZES),
            "maps_are": "generated, with noise",
        },
        "held_out": measured(weights, *read(TEST_SEED, HELD_OUT)),
        "types": list(TYPES),
        "features": list(FEATURES),
        "weights": weights,
    }
    FILE.write_text(json.dumps(card, separators=(",", ":")).replace('],"', '],\n"') + "\n", encoding="utf-8")
    readme.write(card["held_out"])
    print(json.dumps(card["held_out"], indent=1))


if __name__ == "__main__":
    main()
