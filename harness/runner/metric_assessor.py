"""The method that a metric is as an assessor (`harness.metrics.assessing`)."""

from __future__ import annotations

import torch

from harness.errors import HarnessError
from harness.interfaces import Batch, MetricBatch, Scores, Setup
from harness.plugins import registry
from harness.runner.measure import SampleColumn

__all__ = ["MetricAssessor"]


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
        self._column = SampleColumn(metric, registry(), setup.device)
        self._sign = 1.0 if self._column.spec.higher_is_better else -1.0
        self._compares = "truth" in self._column.spec.uses

    def assess(self, batch: Batch) -> Scores:
        """Judge `batch.image` [N,3,H,W] in [0, 1], against `batch.reference` where the metric compares.

        A picture on which the metric is undefined (PSNR of two equal ones) is refused.
        """
        truth = batch.reference if self._compares else batch.image
        if batch.image is None or truth is None:
            raise HarnessError(f"{self._column.column} needs an image{' and its reference' * self._compares}")
        values = torch.tensor(self._column(MetricBatch(batch.ids, batch.image, truth, None)), dtype=torch.float64)
        undefined = {int(i): f"{self._column.column} is undefined here" for i in (~values.isfinite()).nonzero()}
        name = self._column.spec.name.rpartition(":")[2]
        return Scores({"quality": self._sign * values, name: values}, primary="quality", refused=undefined)
