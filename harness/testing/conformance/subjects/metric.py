"""A metric as its checks see it: values on a ladder of noise over real photographs, or on made-up features."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import Assessed, MetricBatch
from harness.metrics.regions import region_mask
from harness.runner.plan import metric_skip
from harness.specs import MetricSpec
from harness.testing.conformance.answers import seed_everything
from harness.testing.conformance.model import Fault, NotHere, one_line
from harness.testing.conformance.pictures import Size
from harness.testing.conformance.subjects.subject import Subject, remembered
from harness.testing.conformance.tensors import Halved, holes, noisy, pictures

__all__ = ["LADDER", "SHIFTS", "SIZE", "Features", "MetricSubject"]

SIZE: Size = (192, 224)
PHOTOGRAPHS = 3
SHADE = 0.7
"""ours: what a picture before the edit is of its truth, all over."""
LADDER = (4.0, 12.0, 30.0, 60.0)
SHIFTS = (0.3, 1.0, 2.5)
ROWS, CLUSTERS, DIMENSION = 96, 32, 6
Features = np.ndarray[Any, np.dtype[np.float32]]


class MetricSubject(Subject):
    """A metric, built for the whole image or its first region."""

    spec: MetricSpec
    ordinary = "values"

    def need(self) -> None:
        """Raise `NotHere` where a package or a file is absent."""
        if "labels" in self.spec.uses and self.per_sample:
            raise NotHere("the kit has no label maps of its classes to give")
        if line := metric_skip(f"{self.spec.name}@{self.region}" if self.region else self.spec.name, self.registry):
            raise NotHere(line)

    @property
    def region(self) -> str:
        """The region that most checks use: the whole image where it is declared."""
        return "" if "" in self.spec.regions else self.spec.regions[0]

    @property
    def column(self) -> str:
        """What its values are called in its answer."""
        return self.spec.name.removeprefix("pyiqa:")

    @property
    def per_sample(self) -> bool:
        """Whether it gives one value a sample."""
        return self.spec.kind == "sample"

    def build(self, device: str = "cpu", region: str | None = None, **params: Any) -> Any:
        """A new object, as the engine makes it."""
        if not self.per_sample:
            return self.cls(**{**self.params, **params})
        return self.cls(device=device, region=self.region if region is None else region, **{**self.params, **params})

    def batch(
        self, images: Tensor, truths: Tensor, region: str | None = None, masks: Tensor | None = None
    ) -> MetricBatch:
        """What the engine gives for a region: the composite of output and truth, the mask, the counted pixels."""
        region = self.region if region is None else region
        masks = holes(len(images), (int(images.shape[-2]), int(images.shape[-1]))) if masks is None else masks
        output = images if region in ("", "known") else truths.lerp(images, masks)
        counted = region_mask(masks, region) if region else None
        ids = tuple(str(i) for i in range(len(images)))
        shown = SHADE * truths if "shown" in self.spec.uses else None
        if "operator" in self.spec.uses:
            return MetricBatch(ids, output.clone(), truths.clone(), None, shown=Halved()(truths), operator=Halved())
        return MetricBatch(ids, output.clone(), truths.clone(), masks, counted, shown)

    def values(self, batch: MetricBatch, metric: Any = None, seed: int = 0) -> Tensor:
        """One value a sample. Raises `Fault` where the column is missing or of another shape."""
        seed_everything(seed)
        answer = (self.built if metric is None else metric)(batch)
        if self.column not in answer:
            raise Fault(f"the answer has {', '.join(answer) or 'nothing'}, not '{self.column}'")
        value = answer[self.column]
        if tuple(value.shape) != (len(batch.ids),):
            raise Fault(f"'{self.column}' has shape {tuple(value.shape)} for {len(batch.ids)} samples: expected [N]")
        return torch.as_tensor(value).double().cpu()

    @remembered
    def truths(self) -> Tensor:
        """Three real photographs."""
        return pictures(PHOTOGRAPHS, SIZE)

    @remembered
    def base(self) -> dict[float, Tensor]:
        """Values by the noise's strength in 8-bit levels; of a set metric, by the shift of its features; of a table
        metric, by the noise of an assessor's scores."""
        try:
            found = self._ladder() if self.per_sample else self._shifted()
        except (Fault, NotHere):
            raise
        except Exception as error:
            raise Fault(f"raised {one_line(error)}") from error
        if not all(bool(torch.isfinite(value).all()) for value in found.values()):
            raise Fault("is not finite on ordinary photographs" if self.per_sample else "is not finite on made-up rows")
        return found

    def _ladder(self) -> dict[float, Tensor]:
        return {sigma: self.values(self.batch(noisy(self.truths, sigma), self.truths)) for sigma in LADDER}

    def _shifted(self) -> dict[float, Tensor]:
        found = {}
        for shift in SHIFTS:
            try:
                found[shift] = self.reduced(shift)
            except HarnessError as reason:
                raise NotHere(f"it refuses {ROWS} made-up rows: {reason}") from reason
        return found

    def reduced(self, shift: float, metric: Any = None) -> Tensor:
        """Value and interval [3] of a set or table metric. Raises `Fault` where a table metric's first value ranks
        nobody.
        """
        told = (self.built if metric is None else metric).reduce(*self.given(shift))
        if self.spec.kind == "table":
            first = told[0]
            if first.subset or first.replicates is None:
                raise Fault('the first value is what ranks: subset "" with replicates on resampled clusters')
            told = first.value, first.lo, first.hi
        return torch.tensor([float(value) for value in told], dtype=torch.float64)

    def given(self, shift: float) -> tuple[Any, ...]:
        """What `reduce` gets, made anew."""
        return (self.assessed(shift),) if self.spec.kind == "table" else self.features(shift)

    @staticmethod
    def assessed(shift: float) -> Assessed:
        """A made-up assessor of 96 pictures of 32 people: its scores are their quality with noise of `shift`.

        Each person is a ladder of three steps with an opinion of each; a picture of the worst is not recognised, and
        a fourth of it is marked. The map finds marks with the same noise.
        """
        rng = np.random.default_rng(7)
        quality = np.tile([2.0, 1.0, 0.0], CLUSTERS) + rng.uniform(-0.3, 0.3, ROWS)
        people = [str(i // 3) for i in range(ROWS)]
        centres = np.repeat(rng.normal(size=(CLUSTERS, DIMENSION)), 3, axis=0)
        features = centres + np.where(quality < 0, 3.0, 0.2)[:, None] * rng.normal(size=(ROWS, DIMENSION))
        ids = tuple(f"p{i:03d}" for i in range(ROWS))
        truths = tuple(
            {
                "mos": float(quality[i]),
                "strength": i % 3,
                "kind": "noise",
                "reference": people[i],
                "identity": people[i],
                "group": ("untouched", "different", "fault")[i % 3],
            }
            for i in range(ROWS)
        )
        pairs = [(ids[a], ids[b], people[a] == people[b]) for a in range(ROWS) for b in range(a + 1, ROWS)]
        scores = quality + shift * rng.normal(size=ROWS)
        levels = np.stack([_levels(i % 3 == 2, shift, rng) for i in range(ROWS)])
        return Assessed(ids, tuple(people), scores, truths, pairs, features.astype(np.float32), levels)

    @staticmethod
    def features(shift: float) -> tuple[Features, Features, list[str]]:
        """Made-up normal features [96,6] of outputs and truths, the outputs moved by `shift`; 32 clusters of three."""
        rng = np.random.default_rng(7)
        truths = rng.normal(size=(ROWS, DIMENSION)).astype(np.float32)
        noise = rng.normal(size=(ROWS, DIMENSION)).astype(np.float32)
        return noise + np.float32(shift), truths, [str(i % CLUSTERS) for i in range(ROWS)]

    def compare_devices(self, device: str, tolerance: float) -> str:
        """The largest relative difference of values on another device. Raises `Fault` beyond `tolerance`."""
        if not self.per_sample:
            raise NotHere("it is reduced in numpy")
        here = self.batch(noisy(self.truths, LADDER[1]), self.truths)
        tensors = {name: value for name, value in vars(here).items() if isinstance(value, Tensor)}
        moved: dict[str, Any] = {name: value.to(device) for name, value in tensors.items()}
        there = self.values(replace(here, **moved), self.build(device))
        expected = self.base[LADDER[1]]
        worst = float(((there - expected).abs() / expected.abs().clamp(min=1)).max())
        if worst > tolerance:
            raise Fault(f"{device} differs from the CPU by {worst:.2g} (at most {tolerance:.2g})")
        return f"within {worst:.1e}"

    def exercise(self) -> None:
        """Build anew and compute once."""
        built = self.build()
        if self.per_sample:
            self.values(self.batch(noisy(self.truths, 12.0), self.truths), built)
        else:
            self.reduced(SHIFTS[0], built)


def _levels(faulty: bool, shift: float, rng: np.random.Generator) -> np.ndarray[Any, np.dtype[np.int64]]:
    """[2, 256] of a map of 64 pixels, 16 of them marked where `faulty`."""
    marked = np.arange(64) < 16 * faulty
    map = np.clip(64 + 128 * marked + 90 * shift * rng.normal(size=64), 0, 255).astype(np.int64)
    return np.stack([np.bincount(map[marked == inside], minlength=256) for inside in (False, True)])
