"""Any sample metric of whole pictures as an assess method: `metric:niqe`, `pyiqa:hyperiqa`, `metric:ssim`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.specs import MethodSpec, MetricSpec, Param

if TYPE_CHECKING:
    from harness.interfaces import Batch, Scores, Setup

__all__ = ["PREFIXES", "MetricAssessor", "metric_method"]

PREFIXES = ("metric", "pyiqa")
TARGET = "harness.metrics.assessing:MetricAssessor"


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


class MetricAssessor:
    """Assesses pictures by a metric.

    `quality`, higher is better, is the metric's value or, where lower is better, minus it; the value itself stands
    beside it under the metric's name.

    Args:
        setup: where to compute.
        metric: its name.

    Raises what the metric raises: a missing file, a missing package.
    """

    def __init__(self, setup: Setup, *, metric: str) -> None:
        from harness.plugins import registry
        from harness.runner.measure import SampleColumn

        self._column = SampleColumn(metric, registry(), setup.device)
        self._sign = 1.0 if self._column.spec.higher_is_better else -1.0
        self._compares = "truth" in self._column.spec.uses

    def assess(self, batch: Batch) -> Scores:
        """Judge `batch.image` [N,3,H,W] in [0, 1], against `batch.reference` where the metric compares.

        A picture on which the metric is undefined (PSNR of two equal ones) is refused.
        """
        import torch

        from harness.interfaces import MetricBatch, Scores

        truth = batch.reference if self._compares else batch.image
        if batch.image is None or truth is None:
            raise HarnessError(f"{self._column.column} needs an image{' and its reference' * self._compares}")
        values = torch.tensor(self._column(MetricBatch(batch.ids, batch.image, truth, None)), dtype=torch.float64)
        undefined = {int(i): f"{self._column.column} is undefined here" for i in (~values.isfinite()).nonzero()}
        name = self._column.spec.name.rpartition(":")[2]
        return Scores({"quality": self._sign * values, name: values}, primary="quality", refused=undefined)
