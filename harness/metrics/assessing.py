"""Any sample metric of whole pictures as an assess method: `metric:niqe`, `pyiqa:hyperiqa`, `metric:ssim`.

The spec alone; the engine's `metric_assessor` computes it.
"""

from __future__ import annotations

from harness.errors import HarnessError
from harness.specs import MethodSpec, MetricSpec, Param

__all__ = ["PREFIXES", "TARGET", "metric_method"]

PREFIXES = ("metric", "pyiqa")
TARGET = "harness.runner.metric_assessor:MetricAssessor"


def metric_method(name: str, spec: MetricSpec) -> MethodSpec:
    """The method that `name` (`metric:niqe`, `pyiqa:niqe`) makes of a metric.

    One that compares with a truth needs the task's `reference`. Raises `HarnessError` for a metric that needs more
    than these, or has no better direction.
    """
    if spec.kind != "sample" or not {"output"} <= spec.uses <= {"output", "truth"} or "" not in spec.regions:
        raise HarnessError(f"{name}: {spec.name} needs more than a picture and its reference, so it assesses nothing")
    compares = "truth" in spec.uses
    if spec.higher_is_better is None:
        raise HarnessError(f"{name}: {spec.name} has no better direction, so it assesses nothing")
    return MethodSpec(
        name=name,
        capabilities=("assess",),
        target=TARGET,
        version=spec.version,
        summary=f"the metric {spec.name} as an assessor{', with a reference' * compares}: {spec.summary}",
        licence=spec.licence,
        paper=spec.paper,
        params={"metric": Param(spec.name, "the metric's name", choices=(spec.name,))},
        needs=frozenset({"image", "reference"} if compares else {"image"}),
        roles=(),
        requires=spec.requires,
    )
