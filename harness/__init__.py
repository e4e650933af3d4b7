"""harness: the open benchmark for image quality and image editing.

>>> import harness
>>> run = harness.run("demo", methods=["telea", "harmonic"])  # doctest: +SKIP
>>> run.summary.tasks[0].standings[0].entry  # doctest: +SKIP
'harmonic'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.hookspecs import API, hookimpl
from harness.specs import (
    DatasetSpec,
    DegradationSpec,
    EmbedderSpec,
    MaskSetSpec,
    MethodSpec,
    MetricSpec,
    PageSpec,
    Paper,
    Param,
    Requirement,
    SuiteSpec,
    WeightsSpec,
)

if TYPE_CHECKING:
    from harness.application import inpaint_files
    from harness.assessment import assess_files
    from harness.benching import bench
    from harness.comparison import compare
    from harness.interfaces import Batch, Images, Sample, Scores, Setup
    from harness.merging import merge
    from harness.restoring import restore_files
    from harness.runner import Run, run
    from harness.runner.export import export
    from harness.scoring import score
    from harness.store import open_run
    from harness.verifying import verify

__version__ = "0.1.0"
__all__ = [
    "API",
    "Batch",
    "DatasetSpec",
    "DegradationSpec",
    "EmbedderSpec",
    "HarnessError",
    "Images",
    "MaskSetSpec",
    "MethodSpec",
    "MetricSpec",
    "PageSpec",
    "Paper",
    "Param",
    "Requirement",
    "Run",
    "Sample",
    "Scores",
    "Setup",
    "SuiteSpec",
    "WeightsSpec",
    "assess_files",
    "bench",
    "compare",
    "export",
    "hookimpl",
    "inpaint_files",
    "merge",
    "open_run",
    "restore_files",
    "run",
    "score",
    "verify",
]

# Heavy names (they bring torch or pandas) are imported at first use, so that `import harness` stays light.
_LAZY = {
    "Batch": "harness.interfaces",
    "Images": "harness.interfaces",
    "Run": "harness.runner",
    "Sample": "harness.interfaces",
    "Scores": "harness.interfaces",
    "Setup": "harness.interfaces",
    "assess_files": "harness.assessment",
    "bench": "harness.benching",
    "export": "harness.runner.export",
    "compare": "harness.comparison",
    "inpaint_files": "harness.application",
    "merge": "harness.merging",
    "open_run": "harness.store",
    "restore_files": "harness.restoring",
    "run": "harness.runner",
    "score": "harness.scoring",
    "verify": "harness.verifying",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'harness' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
