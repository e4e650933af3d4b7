"""What a manifest says of the machine and the software."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["git_state", "hardware", "packages"]

_PACKAGES = (
    "iq-harness", "torch", "torchvision", "numpy", "scipy", "pandas", "pyarrow", "pillow", "opencv-python-headless",
    "pypatchmatch", "pyiqa", "lpips", "safetensors", "dlib-bin", "facenet-pytorch", "anny",
)  # fmt: skip


def packages() -> dict[str, str]:
    """Versions of what can change a number; absent ones are left out."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        return platform.processor() or platform.machine()
    return platform.machine()


def hardware(device: str) -> dict[str, Any]:
    """Host, processor, cores, memory, and the accelerator in use."""
    import psutil
    import torch

    facts: dict[str, Any] = {
        "host": platform.node(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
    if device.startswith("cuda"):
        facts["accelerator"] = torch.cuda.get_device_name(device)
    return facts


@lru_cache(maxsize=1)
def git_state() -> dict[str, Any] | None:
    """Commit and dirty flag of the checkout this code runs from; None outside one."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        commit = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        status = subprocess.run(
            ["git", "-C", root, "status", "--porcelain"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"commit": commit.stdout.strip(), "dirty": bool(status.stdout.strip())}
