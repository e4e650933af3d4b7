"""Whether a restored picture, degraded again, is what was observed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import MetricBatch

__all__ = ["Consistency"]


class Consistency:
    """``consistency = sqrt(mean |D(output) - y|²)`` over channels and pixels of the observation ``y = batch.shown``.

    ``D = batch.operator`` is what was done to the truth, before noise and rounding. 0 = the output explains the
    observation; the truth itself gets the noise and the rounding (σ and about 0.0011), so less than that explains
    noise. ours: RMS in [0, 1] units; GDP's script gives the mean square in 0-255 units (its value = (255 · ours)²).

    Outputs ``[1,3,H,W]`` RGB in [0, 1] -> ``{"consistency": [1]}``, whole image. Lower is better. NaN where the
    degradation tells no operator.

    Example:
        >>> class Half:
        ...     def __call__(self, image): return image / 2
        >>> batch = MetricBatch(("a",), torch.ones(1, 3, 8, 8), torch.ones(1, 3, 8, 8), None)
        >>> batch.shown, batch.operator = torch.full((1, 3, 8, 8), 0.4), Half()
        >>> Consistency()(batch)["consistency"]
        tensor([0.1000])

    Raises `HarnessError` in a task without observations, and for an operator that gives another size than theirs.
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        if region:
            raise HarnessError("consistency judges whole images: write consistency")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        if batch.shown is None:
            raise HarnessError("consistency compares with observations, and this task has none")
        if batch.operator is None:
            return {"consistency": torch.full((len(batch.ids),), torch.nan)}
        again = batch.operator(batch.output)
        if again.shape != batch.shown.shape:
            raise HarnessError(
                f"the operator gives {tuple(again.shape)}, the observation is {tuple(batch.shown.shape)}"
            )
        return {"consistency": (again - batch.shown).double().square().mean((1, 2, 3)).sqrt().float()}
