"""What a plugin costs everybody who merely lists methods."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from harness.plugins import PluginReport
from harness.testing.conformance.model import Fault, check
from harness.testing.conformance.process import ask
from harness.testing.conformance.subjects.subject import Subject

__all__ = ["builds", "plugin"]

HEAVY = ("torch", "numpy", "pandas", "cv2", "scipy")
MOST_SECONDS = 0.3
TRIES = 3
_CODE = f"""
import time
start = time.process_time()
from harness.plugins import build_registry
build_registry()
answer({{"seconds": time.process_time() - start, "heavy": [name for name in {HEAVY} if name in sys.modules]}})
"""


@cache
def _imported(plugin: PluginReport, path: tuple[str, ...]) -> dict[str, Any]:
    """What importing and registering a plugin costs in a fresh interpreter; the cheapest of a few tries."""
    del path  # where its module is found: another place, another plugin
    told: list[dict[str, Any]] = []
    while len(told) < TRIES and (not told or (told[-1]["seconds"] > MOST_SECONDS and not told[-1]["heavy"])):
        told.append(ask(_CODE, plugin=plugin))
    return min(told, key=lambda row: float(row["seconds"]))


@check("", stage="static")
def plugin(subject: Subject) -> str:
    """Its plugin loads; in a fresh process importing and registering it brings no torch, numpy, pandas, cv2 or scipy
    and costs at most 0.3 s of CPU beyond the interpreter.
    """
    report = subject.target.plugin
    if report.state == "broken":
        raise Fault(f"the plugin is broken: {report.cause}; {report.fix}")
    told = _imported(report, tuple(sys.path))
    if told["heavy"]:
        raise Fault(
            f"importing {report.module} imports {', '.join(told['heavy'])}: move it into the target's module, or below "
            "`if TYPE_CHECKING:`"
        )
    if told["seconds"] > MOST_SECONDS:
        raise Fault(f"importing {report.module} takes {told['seconds']:.2f} s of CPU, at most {MOST_SECONDS}")
    return f"{told['seconds']:.2f} s of CPU"


@check("method metric dataset mask embedder degradation", stage="static")
def builds(subject: Subject) -> str:
    """Its target is imported and built with the declared defaults, on the CPU."""
    built = subject.built
    weights = getattr(subject, "weights", None)
    return f"{type(built).__name__}" + (f", weights {weights.name}" if weights else "")
