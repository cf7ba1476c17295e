"""What every test shares: no network, one thread a process, and the bundled models loaded once."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Threads that spin while they wait take the core from whoever has work; several test runs at once crawl then.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
from hypothesis import settings

# A busy machine is no defect.
settings.register_profile("pellucid", deadline=None)
settings.load_profile("pellucid")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """On models this small, waiting for a second thread takes longer than the sums; processes share the cores."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def demo_lm():
    import pellucid

    return pellucid.load("demo-lm")


@pytest.fixture(scope="session")
def demo_sentiment():
    import pellucid

    return pellucid.load("demo-sentiment")


@pytest.fixture(scope="session")
def shared_model():
    """A loader of real models that only some checkouts have beside them; skips where they are not."""
    import pellucid

    def load(name: str):
        folder = SHARED / "models" / name
        if not folder.is_dir():
            pytest.skip(f"{name} is not beside this checkout")
        return pellucid.load(folder)

    return load
