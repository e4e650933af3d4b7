"""What methods, data sets, masks and metrics are given and what they give back.

Images at the border: float32, RGB, [0, 1], N×3×H×W. Masks: float32 N×1×H×W, 1 = hole (or region to edit).
On the CPU side, before batching, images are uint8 H×W×3 and masks bool H×W.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from harness.errors import HarnessError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Hole = NDArray[np.bool_]

__all__ = [
    "Assessed",
    "Assessor",
    "Batch",
    "Dataset",
    "Degradation",
    "Degraded",
    "Embedder",
    "Images",
    "Inpainter",
    "LoadedWeights",
    "MaskSet",
    "MetricBatch",
    "Operator",
    "Restorer",
    "Sample",
    "SampleMetric",
    "Scores",
    "SetMetric",
    "Setup",
    "TableMetric",
    "TableValue",
]


@dataclass(frozen=True)
class Sample:
    """One item of a data set.

    Attributes:
        id: stable, unique in its data set; with a mask set the engine names it `image@maskset/k`.
        cluster: what makes samples dependent (the photograph, scene, identity).
        image: uint8 H×W×3 RGB: the clean picture (the truth of an inpainting or restoration task).
        mask: bool H×W, True = hole; None where the mask set draws it.
        truth: further exact knowledge: `instances` (uint8 H×W), scene graph, MOS, identity.
        target: what the output is compared with where it is not `image` (removal pairs).
        reference: uint8 H×W×3, the undistorted picture that an assessor with a full reference compares `image` with.
    """

    id: str
    cluster: str
    image: Pixels
    mask: Hole | None = None
    prompt: str | None = None
    labels: NDArray[np.int64] | None = None
    exposures: NDArray[np.uint8] | None = None
    target: Pixels | None = None
    reference: Pixels | None = None
    truth: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Dataset(Protocol):
    """A source of images. Constructed with its parameters; loads nothing until asked.

    A class whose files a user must bring has a static or class method `available(**params)`: it raises
    `MissingRequirement` with the next command where they are not here, so that a run skips the task. Mask sets too.
    """

    version: str

    def __len__(self) -> int: ...

    def ids(self) -> Sequence[str]:
        """Stable ids in a fixed order."""
        ...

    def load(self, id: str) -> Sample:
        """Decode one sample; called from worker threads. Raises `HarnessError` naming the file."""
        ...

    def content_hash(self) -> str:
        """sha256 over everything that decides the samples' content (files, view, version)."""
        ...

    def pairs(self) -> Iterator[tuple[str, str, bool]] | None:
        """(a, b, genuine) pairs for verification protocols; None where there are none."""
        ...

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """One row per source: title, author, licence, source. Printed at the end of a report.

        A row that credits one picture alone may name it: `image`, an id. Then it is left out where that is not shown.
        """
        ...


@runtime_checkable
class MaskSet(Protocol):
    """Draws masks, seeded by its own name, version and seed only: never by the run's seed or the task.

    One whose masks follow an object to a known degree has an attribute `precision`: 0 exactly … 5 its box.
    """

    version: str
    count: int

    def draw(self, sample: Sample, k: int) -> Hole:
        """The k-th mask (k < count) for this sample: bool H×W of the sample's size, True = hole."""
        ...


class Operator(Protocol):
    """What a degradation did to a picture, before noise and rounding: differentiable, on the tensor's device.

    `sigma` is the standard deviation of the Gaussian noise that was added after it, in [0,1] units; 0 for none.
    """

    sigma: float

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Pictures [N,3,H,W] in [0,1] -> their observations [N,3,h,w]."""
        ...

    def pseudo_inverse(self, observed: torch.Tensor) -> torch.Tensor:
        """Observations [N,3,h,w] -> pictures [N,3,H,W] that agree with them, as nearly as one linear step can."""
        ...


@dataclass(frozen=True)
class Degraded:
    """One observed picture.

    Attributes:
        picture: uint8 h×w×3: the observation, of a size of its own.
        operator: what was done, made for the clean picture's size; None where nobody is told.
        exposures: uint8 K×H×W×3 of the same scene; None where there is one picture only.
    """

    picture: Pixels
    operator: Operator | None = None
    exposures: NDArray[np.uint8] | None = None


@runtime_checkable
class Degradation(Protocol):
    """What is done to a clean picture before a restorer sees it. Constructed with its parameters."""

    version: str

    def degrade(self, sample: Sample, seed: int) -> Degraded:
        """The observation of `sample.image`. Equal (sample, seed) give equal pixels and an equal operator.

        The seed comes from the degradation and the sample, never from the run. Called from worker threads. Raises
        `HarnessError` for a picture that cannot be degraded so (too small, …).
        """
        ...


@dataclass
class Batch:
    """What a method is given: only what the task gives and the method needs; everything else is None.

    In a task with a degradation `image` [N,3,h,w] is the observation and `target_size` the (H, W) that is wanted;
    `operator` is what was done, and then there is one picture a batch; `exposures` is [N,K,3,H,W] in [0,1].
    `reference` [N,3,H,W] is the undistorted picture, for assessors that compare with it. `precision` says of each
    mask of a region how closely it follows the object: 0 exactly … 5 its box.
    """

    ids: tuple[str, ...]
    image: torch.Tensor | None = None
    mask: torch.Tensor | None = None
    prompt: tuple[str, ...] | None = None
    labels: torch.Tensor | None = None
    exposures: torch.Tensor | None = None
    operator: Operator | None = None
    target_size: tuple[int, int] | None = None
    seeds: tuple[int, ...] = ()
    reference: torch.Tensor | None = None
    precision: tuple[int, ...] | None = None

    def image_and_mask(self, method: str) -> tuple[torch.Tensor, torch.Tensor]:
        """What an inpainter cannot do without: `image` and `mask`. Raises `HarnessError` naming what does not fit."""
        if self.image is None or self.mask is None:
            raise HarnessError(f"{method} needs an image and a mask")
        if self.mask.shape[-2:] != self.image.shape[-2:]:
            sizes = [f"{t.shape[-1]}×{t.shape[-2]}" for t in (self.image, self.mask)]
            raise HarnessError(f"the picture is {sizes[0]}, its mask {sizes[1]}: they must agree")
        return self.image, self.mask

    def noise(self, shape: Sequence[int]) -> torch.Tensor:
        """Standard normal noise [N, *shape], drawn per sample from its own seed on the CPU, then moved."""
        import torch

        rows = [torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) for seed in self.seeds]
        noise = torch.stack(rows)
        return noise if self.image is None else noise.to(self.image.device)


@dataclass
class Images:
    """A restorer's or inpainter's answer. `image` [N,3,h,w] in [0,1] (the engine clamps and rounds to 8 bit).

    `maps` {name: [N,1,h,w] in [0,1]} are kept as grey pictures (a confidence, where artifacts are) and drawn over the
    output, as opaque as their value; `facts` {name: one text or number a sample} stand in its record.
    """

    image: torch.Tensor
    maps: Mapping[str, torch.Tensor] = field(default_factory=dict)
    facts: Mapping[str, Sequence[str | int | float]] = field(default_factory=dict)


@dataclass
class Scores:
    """An assessor's answer: `scores` {name: [N]}, the primary's name, an optional map [N,1,H,W], refusals by index.

    `facts` {name: one text or number a picture} stand in its record; a NaN or an empty text is not told.
    """

    scores: Mapping[str, torch.Tensor]
    primary: str
    map: torch.Tensor | None = None
    refused: Mapping[int, str] = field(default_factory=dict)
    facts: Mapping[str, Sequence[str | int | float]] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadedWeights:
    """Weights the engine resolved and verified for a method: the file, its sha256, and which spec it is."""

    name: str
    kind: str
    path: Path | None
    sha256: str


@dataclass(frozen=True)
class Setup:
    """Handed to a method's constructor: where to compute, its weights, and the inner method of a wrapper."""

    device: str = "cpu"
    weights: LoadedWeights | None = None
    inner: Any | None = None


@runtime_checkable
class Assessor(Protocol):
    """Judges images."""

    def assess(self, batch: Batch) -> Scores: ...


@runtime_checkable
class Restorer(Protocol):
    """Undoes a degradation."""

    def restore(self, batch: Batch) -> Images: ...


@runtime_checkable
class Inpainter(Protocol):
    """Fills what `batch.mask` marks. Pixels of a `hole` in `batch.image` are blanked (0) by the engine."""

    def inpaint(self, batch: Batch) -> Images: ...


@dataclass
class MetricBatch:
    """What a metric sees, on the device.

    `output` is the method's raw 8-bit-rounded answer, `composite` has the known pixels of the truth pasted back
    (equal to `output` without a mask). A metric restricted to a region gets `region` [N,1,H,W] (1 = counted) and
    the right one of the two already in `output`; for the whole image `region` is None. Where the truth lies elsewhere
    (a removal pair) nothing outside the mask is known, so the composite is the raw output.

    `shown` [N,3,h,w] is what a method saw before any blanking, where that is not the truth: the observation of a
    degraded picture may be of another size. `labels` int64 [N,L,H,W] are the data set's label maps, whether or not the
    method was given them. `operator` is what a degradation did, and then there is one sample a batch. `maps`
    {name: [N,1,H,W] in [0,1]} are those that the method told of every sample (`Images.maps`, as 8-bit levels). A metric
    that needs one of them says so in its spec's `uses`.
    """

    ids: tuple[str, ...]
    output: torch.Tensor
    truth: torch.Tensor
    mask: torch.Tensor | None
    region: torch.Tensor | None = None
    shown: torch.Tensor | None = None
    labels: torch.Tensor | None = None
    operator: Operator | None = None
    maps: Mapping[str, torch.Tensor] = field(default_factory=dict)


class SampleMetric(Protocol):
    """One value (or several columns) a sample. NaN means undefined (an empty region): stored as null.

    A class that needs files has a static `available(**params)`: it raises `MissingRequirement` where one is not here,
    so that a run skips the metric; its instances have `weights_sha256`, so that other files make other numbers.
    """

    def __call__(self, batch: MetricBatch) -> Mapping[str, torch.Tensor]: ...


class Embedder(Protocol):
    """Features for set metrics: images [N,3,H,W] in [0,1] -> [N,D] float32."""

    def embed(self, images: torch.Tensor) -> torch.Tensor: ...


class SetMetric(Protocol):
    """One value a set of outputs. `embed` runs on the device, `reduce` in numpy on stored features.

    `extractor` names the registered embedder. `reduce` gets features of outputs and truths [n,D] and the cluster of
    every row, and gives (value, lo, hi): a leave-one-cluster-out jackknife interval; it raises `RefusedSet` with the
    reason where it says nothing. Its class is called with the spec's parameters; a static `available(**params)` raises
    `MissingRequirement` where a file is not here.
    """

    extractor: str

    def reduce(
        self, outputs: NDArray[np.float32], truths: NDArray[np.float32], clusters: Sequence[str]
    ) -> tuple[float, float, float]: ...

    def real_band(self, truths: NDArray[np.float32], clusters: Sequence[str]) -> tuple[float, float]:
        """Where truths stand against truths of other clusters: (lo, hi), NaN where there are too few."""
        ...


@dataclass(frozen=True)
class Assessed:
    """An assessor's scores of a task's pictures, and what the data set knows of these: what a table metric sees.

    Attributes:
        ids, clusters: of the pictures [n], by id.
        scores: float64 [n], higher is better; NaN where the assessor refused.
        truths: texts, numbers and flags of each picture's `Sample.truth` (`mos`, a distortion's `strength`).
        pairs: the data set's (a, b, genuine) by id, where the metric asks for `pairs`.
        features: float32 [n,D] of the pictures by the metric's extractor; None where it names none.
        levels: int64 [n,2,256]: pixels of each 8-bit level of the assessor's map that the first label map leaves at 0,
            and that it marks; all 0 where a picture has no map. None where none has, or the task gives no labels.
    """

    ids: tuple[str, ...]
    clusters: tuple[str, ...]
    scores: NDArray[np.float64]
    truths: tuple[Mapping[str, Any], ...]
    pairs: Sequence[tuple[str, str, bool]] = ()
    features: NDArray[np.float32] | None = None
    levels: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class TableValue:
    """One number of a table metric with its 95 % interval (NaN where none is known).

    Attributes:
        subset: "" for the one that ranks; else what it is of, e.g. "kind:blur".
        curve: `harness.stats.curves.Curve.to_text()`, or None.
        replicates: the value [B] on resampled clusters that depend on the clusters only, not on the scores; entries
            are compared by them, so the value of subset "" has them.
        note: what to know before the number is believed, for every report to tell; of a NaN, why it is one. Several
            are joined by `harness.stats.model.NEXT_NOTE`.
    """

    value: float
    lo: float
    hi: float
    subset: str = ""
    curve: str | None = None
    replicates: NDArray[np.float64] | None = None
    note: str = ""


class TableMetric(Protocol):
    """Numbers about an assessor: how well its scores order what the data set knows, its map finds what is marked.

    `extractor` names the registered embedder whose features of the pictures it needs, "" for none; `pairs` says that it
    needs the data set's. `reduce` raises `RefusedSet` with the reason where it says nothing. Its class is called with
    the spec's parameters; a static `available(**params)` raises `MissingRequirement` where a file is not here.
    """

    extractor: str
    pairs: bool

    def reduce(self, of: Assessed) -> Sequence[TableValue]: ...
