"""What pyiqa can compute, read from the installed package without importing it (it costs 4 s and torch)."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.specs import MetricSpec, Param, Requirement

__all__ = ["LICENCE", "WITHOUT_WEIGHTS", "pyiqa_spec"]

LICENCE = "PolyForm-Noncommercial-1.0.0 (pyiqa); a weight file has its publisher's own licence"
WITHOUT_WEIGHTS = frozenset(
    (
        "psnr",
        "psnry",
        "ssim",
        "ssimc",
        "ms_ssim",
        "cw_ssim",
        "fsim",
        "vsi",
        "vif",
        "gmsd",
        "nlpd",
        "mad",
        "piqe",
        "entropy",
    )
)
"""Run on pyiqa 0.1.16 without a single file; every other one wants a download (facts in feasibility.md, 1.1)."""
FOLDER_METRICS = frozenset({"FID", "InceptionScore"})  # network types that judge folders, not samples
PIP = "'iq-harness[pyiqa]'"


@cache
def _catalogue() -> Mapping[str, Mapping[str, Any]]:
    """pyiqa's own table of default configurations: a literal in one of its files, parsed and not run."""
    package = find_spec("pyiqa")
    if package is None or not package.submodule_search_locations:
        raise MissingRequirement(f"pyiqa is not installed ({LICENCE}): pip install {PIP}")
    path = Path(next(iter(package.submodule_search_locations))) / "default_model_configs.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DEFAULT_CONFIGS":
            table: ast.expr = node.value
            if isinstance(table, ast.Call):  # OrderedDict({...})
                table = table.args[0]
            return dict(ast.literal_eval(table))
    raise HarnessError(f"{path} has no table DEFAULT_CONFIGS: this pyiqa is not supported, pip install {PIP}")


@cache
def pyiqa_spec(name: str) -> MetricSpec:
    """The spec of ``pyiqa:<name>``; imports neither torch nor pyiqa.

    Raises:
        MissingRequirement: pyiqa is not installed.
        UnknownName: pyiqa has no such metric.
        HarnessError: it judges folders, not samples.
    """
    from importlib.metadata import version  # here: it takes a tenth of a start, and every command imports this

    table = _catalogue()
    if name not in table:
        raise UnknownName("pyiqa metric", name, table, "pyiqa -ls")
    config = table[name]
    if config["metric_opts"]["type"] in FOLDER_METRICS:
        raise HarnessError(f"pyiqa:{name} judges folders, not samples: ask for fd_efl0 or kid_efl0 instead")
    full_reference = config["metric_mode"] == "FR"
    files = "no weights" if name in WITHOUT_WEIGHTS else "weight files that the user places"
    return MetricSpec(
        name=f"pyiqa:{name}",
        target="harness.metrics.pyiqa_adapter:PyiqaMetric",
        version=f"pyiqa {version('pyiqa')}",
        kind="sample",
        higher_is_better=not config.get("lower_better", False),
        summary=f"pyiqa's {name}, default configuration, {'full' if full_reference else 'no'} reference; {files}",
        licence=LICENCE,
        uses=frozenset({"output", "truth"} if full_reference else {"output"}),
        reduction="one sample at a time, as pyiqa does it, then mean over samples",
        colour="RGB in; pyiqa converts by its own defaults (ssim and gmsd: YIQ luma)",
        resize="as pyiqa does it",
        extractor=str(config["metric_opts"].get("net", "")),
        params={"name": Param(name, "pyiqa's own name of the metric", choices=(name,))},
        requires=(Requirement("pyiqa", "iq-harness[pyiqa]"),),
        digits=4,
    )
