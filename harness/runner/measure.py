"""Metrics on the tensors while they are on the device: no second decode, no file written to be read again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.interfaces import MetricBatch, SampleMetric
from harness.plugins import Registry, load_target
from harness.references import parse_metric, resolve_params
from harness.specs import MetricSpec
from harness.store.keys import digest

if TYPE_CHECKING:
    import torch

    from harness.interfaces import Hole, Operator, Pixels

__all__ = ["Judge", "SampleColumn", "composite_of", "round_to_8bit"]


def round_to_8bit(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Clamp to [0,1] and round to the 256 levels a file would hold: as float in [0,1], and as those uint8."""
    import torch

    levels = image.clamp(0, 1).mul_(255).round_()
    pixels = levels.to(torch.uint8)
    return levels.div_(255), pixels


def composite_of(
    raw: torch.Tensor, truth: torch.Tensor, mask: torch.Tensor | None, shown: torch.Tensor | None = None
) -> torch.Tensor:
    """The output with the known pixels of the truth pasted back; the output itself without a mask (of 0 and 1).

    Also the output itself where other pictures were `shown`: the truth's pixels are then known to nobody, and pasting
    them would take away the shadow that a removal left.
    """
    return raw if mask is None or shown is not None else truth.lerp(raw, mask)


class SampleColumn:
    """One column of the table: a metric restricted to a region, with the identity of everything that decides it."""

    def __init__(self, column: str, registry: Registry, device: str) -> None:
        name, self.region = parse_metric(column)
        self.column = column
        self.spec: MetricSpec = registry.metric(name)
        params = resolve_params(name, dict(self.spec.params), ())
        self._metric: SampleMetric = load_target(self.spec)(device=device, region=self.region, **params)
        self.identity = digest(
            {
                "metric": name,
                "version": self.spec.version,
                "region": self.region,
                "params": params,
                "weights": getattr(self._metric, "weights_sha256", ""),
                "library": getattr(self._metric, "library", ""),
            }
        )[:16]

    def __call__(self, batch: MetricBatch, operators: Sequence[Operator | None] = ()) -> list[float]:
        """Values of one batch; NaN where undefined. With `operators`, one a sample, samples are judged one by one."""
        if "operator" in self.spec.uses and operators:
            return [value for i, one in enumerate(operators) for value in self(_sample(batch, i, one))]
        values = self._metric(batch)
        return [float(v) for v in values[self.spec.name.removeprefix("pyiqa:")].tolist()]


def _sample(batch: MetricBatch, index: int, operator: Operator | None) -> MetricBatch:
    """One sample of a batch, with its operator."""
    part = slice(index, index + 1)
    mask, region, shown, labels = (
        None if array is None else array[part] for array in (batch.mask, batch.region, batch.shown, batch.labels)
    )
    output, truth, maps = batch.output[part], batch.truth[part], {name: m[part] for name, m in batch.maps.items()}
    return MetricBatch(batch.ids[part], output, truth, mask, region, shown, labels, operator, maps)


class Judge:
    """All sample metrics of a task, sharing one region mask per region and batch."""

    def __init__(self, columns: Sequence[str], registry: Registry, device: str) -> None:
        self.device = device
        self.columns = [SampleColumn(c, registry, device) for c in columns if _kind(c, registry) == "sample"]
        self.set_columns = [c for c in columns if _kind(c, registry) != "sample"]
        self.identities: Mapping[str, str] = {c.column: c.identity for c in self.columns}
        self.by_maps = frozenset(c.column for c in self.columns if "maps" in c.spec.uses)

    def score(
        self,
        ids: tuple[str, ...],
        raw: torch.Tensor,
        composite: torch.Tensor,
        truth: torch.Tensor,
        mask: torch.Tensor | None,
        only: frozenset[str] | None = None,
        *,
        shown: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        operators: Sequence[Operator | None] = (),
        maps: Mapping[str, torch.Tensor] | None = None,
    ) -> list[dict[str, float]]:
        """One {column: value} a sample. `raw` is 8-bit rounded; `@known` judges it, all else its `composite_of`.

        `operators`, one a sample, and `maps` [N,1,H,W] of the method are for metrics that use them.
        """
        from harness.metrics.regions import region_mask

        regions: dict[str, Any] = {"": None}
        rows: list[dict[str, float]] = [{} for _ in ids]
        for column in self.columns:
            if only is not None and column.column not in only:
                continue
            if column.region not in regions:
                whole = truth.new_ones(truth.shape[0], 1, *truth.shape[-2:])
                regions[column.region] = region_mask(whole if mask is None else mask, column.region)
            output = raw if column.region == "known" else composite
            batch = MetricBatch(ids, output, truth, mask, regions[column.region], shown, labels, None, maps or {})
            values = column(batch, operators)
            for row, value in zip(rows, values, strict=True):
                row[column.column] = value if math.isfinite(value) else math.nan
        return rows

    def pixels(
        self, id: str, output: Pixels, truth: Pixels, mask: Hole | None, shown: Pixels | None = None
    ) -> dict[str, float]:
        """{column: value} of one kept output: arrays as stored; `shown` is what stood for the truth before a method."""
        from harness.runner.call import shown_tensor, to_tensor
        from harness.runner.units import Unit

        made, unit = (Unit(id, "", picture, mask, None, "", "", "", shown) for picture in (output, truth))
        (raw, _), (target, hole) = to_tensor([made], self.device), to_tensor([unit], self.device)
        before = shown_tensor([unit], self.device)
        return self.score((id,), raw, composite_of(raw, target, hole, before), target, hole, shown=before)[0]


def _kind(column: str, registry: Registry) -> str:
    return registry.metric(parse_metric(column)[0]).kind
