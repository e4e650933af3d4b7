"""What every benchmark here shares: where it was measured, CPU seconds, the table and the JSON file."""

from __future__ import annotations

import json
import os
import platform
import resource
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "torch", "numpy", "opencv-python-headless", "pillow", "pandas", "pyarrow", "click", "pluggy", "pyiqa",
    "torchmetrics",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """Processor, cores, load and versions: a figure without them says little."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def cpu_seconds(whose: int = resource.RUSAGE_SELF) -> float:
    """User and system seconds of this process with all its threads, or of its ended children."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def print_rows(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A small aligned table."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print(f"\n{title}")
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  " + "  ".join(cells).rstrip())


def write_result(name: str, result: dict[str, Any]) -> None:
    """Write `results/<name>.json` with the machine's description."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": machine(), **result}, indent=1) + "\n")
    print(f"\nwritten to {path}")
