"""Reading checkpoint files safely: safetensors, or `.pth` with `weights_only=True`."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    import torch

__all__ = ["METADATA", "load_state", "read_metadata"]

METADATA = "harness"
"""The safetensors entry in which our trainings leave their JSON."""
_PARALLEL = "module."
"""What torch's DataParallel puts before the name of every tensor."""


def load_state(path: Path, nested: str = "") -> dict[str, torch.Tensor]:
    """A checkpoint's tensors by name, on the CPU, floating ones as float32.

    Where ``nested`` names an entry under which a `.pth` may keep its tensors beside other things (mmsegmentation's
    `state_dict`), they are read from there, and from the top where it has no such entry.

    A `module.` before every name (torch's DataParallel) is taken off.

    Raises `HarnessError` for a file that cannot be read, or that would have to be unpickled.
    """
    import torch
    from safetensors.torch import load_file

    try:
        if _is_torchscript(path):
            raise HarnessError(
                f"{path}: is TorchScript, a program and not tensors; export its state_dict() as safetensors"
            )
        if path.suffix == ".safetensors":
            state: object = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except HarnessError:
        raise
    except pickle.UnpicklingError as error:
        raise HarnessError(f"{path}: is no checkpoint of plain tensors, and nothing else is unpickled") from error
    except Exception as error:  # on damaged files torch's readers raise some ten types, assertions among them
        raise _unreadable(path, error) from error
    if nested and isinstance(state, Mapping) and isinstance(state.get(nested), Mapping):
        state = state[nested]
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise HarnessError(f"{path}: expected a plain mapping of names to tensors")
    cut = len(_PARALLEL) if all(str(name).startswith(_PARALLEL) for name in state) else 0
    # copied: safetensors maps its file, and a file that is rewritten would take the process down
    return {
        str(name)[cut:]: value.to(torch.float32 if value.is_floating_point() else value.dtype, copy=True)
        for name, value in state.items()
    }


def _is_torchscript(path: Path) -> bool:
    """As `torch.load` tells it, which would warn and then refuse in words about its own arguments."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file; {} for other files. Raises `HarnessError` for one that cannot be read."""
    if path.suffix != ".safetensors":
        return {}
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as opened:
            return dict(opened.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> HarnessError:
    words = " ".join(str(error).split())[:120]
    return HarnessError(f"{path}: not a readable checkpoint ({type(error).__name__}: {words})")
