"""Trained weights as a safetensors file that says where it came from."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from harness.training.checkpoint import write_atomically
from harness.weights import loading
from harness.weights.loading import METADATA

__all__ = ["export", "machine", "read_metadata"]


def machine() -> dict[str, Any]:
    """Where the training ran."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "gpu": gpu,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def export(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """Write ``state`` with floating-point tensors as float16 and ``metadata`` as JSON, atomically.

    ``metadata["network"]`` is the configuration to build from (`harness.weights.load_network`).
    """
    half = {
        name: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in state.items()
    }
    write_atomically(path, save(half, metadata={METADATA: json.dumps(metadata, sort_keys=True)}))


def read_metadata(path: Path) -> dict[str, Any]:
    """The JSON that `export` wrote."""
    return dict(json.loads(loading.read_metadata(path)[METADATA]))
