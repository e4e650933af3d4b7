"""The samples of a task with their masks drawn: decoded ahead by threads, decoded once however many methods run."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.interfaces import Dataset, Degraded, MaskSet, Operator, Sample
from harness.plugins import Registry
from harness.references import parse_reference
from harness.runner.degrading import Degrader
from harness.runner.given import exposures_of, judged_by_labels, labels_of, precision_of, reference_of
from harness.runner.label_colours import label_colours
from harness.runner.plan import build_dataset, build_mask_set
from harness.runner.roles import role_of
from harness.store.keys import digest, pixels_hash
from harness.strategies import Strategy
from harness.suites import Task

__all__ = ["TaskData", "Unit", "UnitKey", "ahead", "attributions"]

CACHE_BYTES = 1 << 30


@dataclass(frozen=True)
class UnitKey:
    """Which sample: position of the image, number of its mask, and the id that records carry."""

    id: str
    image: str
    k: int


@dataclass(frozen=True)
class Unit:
    """One sample as it is judged.

    Attributes:
        seen: hash of exactly what a method gets to see of it in the task's mask role.
        image: what is shown to the method where that is not the truth (a removal pair, an observation of its own size,
            or black where the task gives no picture); None where it is.
        labels: int64 [L, H, W] where the task gives label maps.
        marks: the label maps that metrics see where the task gives methods none.
        blanked: `seen` of a method that knows no regions and so is shown a region as a hole; "" in the role `hole`.
        known: texts, numbers and flags of the sample's truth; no method sees them.
        reference: uint8 H×W×3 where the task gives assessors the undistorted picture.
        operator: what the degradation did, where it tells; a method is given it only where it needs it.
        exposures: uint8 K×H×W×3 where the task gives them.
        precision: of the mask, where the task gives it.
    """

    id: str
    cluster: str
    truth: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    prompt: str | None
    truth_hash: str
    mask_hash: str
    seen: str
    image: NDArray[np.uint8] | None = None
    labels: NDArray[np.int64] | None = None
    blanked: str = ""
    known: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    reference: NDArray[np.uint8] | None = None
    marks: NDArray[np.int64] | None = None
    operator: Operator | None = None
    exposures: NDArray[np.uint8] | None = None
    precision: int | None = None

    @property
    def ratio(self) -> float:
        """Share of the picture that is hole."""
        return float(self.mask.mean()) if self.mask is not None else 0.0

    def visible(self, role: str) -> NDArray[np.uint8]:
        """What a method is shown, uint8 H×W×3: pixels of a hole are 0, those of a region stay."""
        return _blanked(self.truth if self.image is None else self.image, self.mask if role == "hole" else None)

    @property
    def nbytes(self) -> int:
        """Memory held."""
        pictures = (self.truth, self.mask, self.image, self.labels, self.reference, self.marks, self.exposures)
        return sum(array.nbytes for array in pictures if array is not None)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of what is stacked in a batch: units of the same ones go together."""
        return tuple(array.shape for array in (self.truth, self.image, self.exposures) if array is not None)

    @property
    def shown(self) -> NDArray[np.uint8] | None:
        """What stands for what methods are shown, uint8 H×W×3, where that is not the truth: labels as colours first."""
        return self.image if self.labels is None or self.image is None else label_colours(self.labels)


class TaskData:
    """A task's data set, mask set and degradation, opened, with a bounded cache of decoded units."""

    def __init__(self, task: Task, registry: Registry) -> None:
        self.task = task
        self.dataset: Dataset = build_dataset(task.dataset, registry)
        self.mask_set: MaskSet | None = build_mask_set(task.maskset, registry) if task.maskset else None
        self._mask_name = parse_reference(task.maskset).name if task.maskset else ""
        self._degrader = Degrader(task.degradation, registry) if task.degradation else None
        self._precision = precision_of(self.mask_set, task)
        self._marked = "labels" not in task.gives and judged_by_labels(task.metrics, registry)
        self.keys = self._keys()
        self._cache: OrderedDict[str, Unit] = OrderedDict()
        self._held = 0
        self._lock = Lock()
        self.decoded = 0

    def _keys(self) -> list[UnitKey]:
        ids = list(self.dataset.ids())
        ids = ids[: self.task.limit] if self.task.limit else ids
        if self.mask_set is None:
            return [UnitKey(id, id, 0) for id in ids]
        if self.task.masks > self.mask_set.count and not self.task.rotate:
            raise HarnessError(
                f"task {self.task.id} asks for {self.task.masks} masks; {self._mask_name} has {self.mask_set.count}"
            )
        keys = []
        for i, id in enumerate(ids):
            numbers = [i % self.mask_set.count] if self.task.rotate else range(self.task.masks)
            keys += [UnitKey(f"{id}@{self._mask_name}/{k}", id, k) for k in numbers]
        return keys

    def identity(self) -> dict[str, Any]:
        """What decides the task's inputs and truths."""
        task = self.task
        return {
            "dataset": task.dataset,
            "version": self.dataset.version,
            "content": self.dataset.content_hash(),
            "maskset": task.maskset,
            "mask_version": self.mask_set.version if self.mask_set else "",
            "role": task.role,
            "gives": sorted(task.gives),
            **({"strategy": identity} if (identity := Strategy.parse(task.strategy).identity()) else {}),
            **({"degradation": self._degrader.identity()} if self._degrader else {}),
        }

    def cached(self, key: UnitKey) -> Unit | None:
        """The unit if it is held in memory."""
        with self._lock:
            return self._cache.get(key.id)

    def load(self, key: UnitKey) -> Unit:
        """Decode one unit or take it from the cache; safe to call from threads."""
        cached = self.cached(key)
        if cached is not None:
            return cached
        unit = self._decode(key)
        with self._lock:
            self.decoded += 1
            self._cache[key.id] = unit
            self._held += unit.nbytes
            while self._held > CACHE_BYTES and len(self._cache) > 1:
                self._held -= self._cache.popitem(last=False)[1].nbytes
        return unit

    def _decode(self, key: UnitKey) -> Unit:
        sample = self.dataset.load(key.image)
        mask = self.mask_set.draw(sample, key.k) if self.mask_set is not None else sample.mask
        truth = sample.target if sample.target is not None else sample.image
        if mask is not None and mask.shape != sample.image.shape[:2]:
            raise HarnessError(f"{key.id}: mask is {mask.shape}, the picture {sample.image.shape[:2]}")
        if mask is not None and mask.dtype != np.bool_:
            raise HarnessError(f"{key.id}: mask is {mask.dtype} instead of bool: which of its values are hole?")
        degraded = self._degrader.degrade(sample) if self._degrader else None
        mask_hash = pixels_hash(mask.view(np.uint8) * np.uint8(255)) if mask is not None else ""
        hashes = pixels_hash(truth), mask_hash, ""
        image = self._shown(sample, truth, degraded)
        unit = Unit(key.id, sample.cluster, truth, mask, sample.prompt, *hashes, image, **self._given(sample, degraded))
        words = [mask_hash, sample.prompt or ""]
        seen = (unit.labels, unit.reference, unit.exposures)
        words += [pixels_hash(array.view(np.uint8)) for array in seen if array is not None]
        words += [f"precision {unit.precision}"] if unit.precision is not None else []
        role = role_of(self.task)
        whole = digest([pixels_hash(unit.visible(role)), *words])
        as_hole = role == "region" and mask is not None and degraded is None
        return replace(unit, seen=whole, blanked=digest([pixels_hash(unit.visible("hole")), *words]) if as_hole else "")

    def _shown(self, sample: Sample, truth: NDArray[np.uint8], degraded: Degraded | None) -> NDArray[np.uint8] | None:
        """What stands for the truth before a method; None where nothing does."""
        if "image" not in self.task.gives:
            return np.zeros_like(truth)
        if degraded is not None:
            return np.ascontiguousarray(degraded.picture)
        return sample.image if sample.target is not None else None

    def _given(self, sample: Sample, degraded: Degraded | None) -> dict[str, Any]:
        """What the unit holds of the sample beside picture, mask and prompt."""
        task, gives = self.task, self.task.gives
        operator = degraded.operator if degraded else None
        if "operator" in gives and operator is None:
            raise HarnessError(f"{sample.id}: task {task.id} gives the operator; {task.degradation} tells none")
        return {
            "known": {k: v for k, v in sample.truth.items() if isinstance(v, str | int | float | bool)},
            "labels": labels_of(sample, task) if "labels" in gives else None,
            "marks": labels_of(sample, task) if self._marked else None,
            "reference": reference_of(sample, task) if "reference" in gives else None,
            "operator": operator,
            "exposures": exposures_of(sample, degraded, task) if "exposures" in gives else None,
            "precision": self._precision,
        }


def _blanked(image: NDArray[np.uint8], hole: NDArray[np.bool_] | None) -> NDArray[np.uint8]:
    if hole is None:
        return image
    return np.asarray(cv2.bitwise_and(image, image, mask=(~hole).view(np.uint8)), np.uint8)


def attributions(datas: Iterable[TaskData]) -> list[dict[str, str]]:
    """Every source of several tasks' pictures once: data set, title, author, licence, where from.

    A row that credits one `image` of its data set is left out where no task shows that image.
    """
    credits: dict[str, dict[str, str]] = {}
    for data in datas:
        shown = {key.image for key in data.keys}
        for source in data.dataset.attribution():
            row = dict(source)
            if row.pop("image", None) not in {None, *shown}:
                continue
            credit = {"dataset": parse_reference(data.task.dataset).name, **row}
            credits.setdefault(f"{credit['dataset']}/{credit['title']}", credit)
    return list(credits.values())


def ahead(
    data: TaskData, keys: Sequence[UnitKey], *, workers: int = 2, depth: int = 8
) -> Iterator[tuple[UnitKey, Unit | Exception]]:
    """Units in order, decoded ahead. A sample that cannot be loaded yields its error, and the rest go on."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
    pending: deque[tuple[UnitKey, Unit | Future[Unit]]] = deque()
    waiting = iter(keys)
    try:
        for key in waiting:
            pending.append((key, data.cached(key) or pool.submit(data.load, key)))
            if len(pending) >= depth:
                yield _result(*pending.popleft())
        while pending:
            yield _result(*pending.popleft())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _result(key: UnitKey, future: Unit | Future[Unit]) -> tuple[UnitKey, Unit | Exception]:
    if isinstance(future, Unit):
        return key, future
    error = future.exception()
    if error is None:
        return key, future.result()
    if isinstance(error, SystemExit):
        return key, HarnessError(f"the data set or mask set calls sys.exit({error.code!r})")
    if not isinstance(error, Exception):
        raise error
    return key, error
