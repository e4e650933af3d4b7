"""Calling a method: batch in, checked 8-bit outputs out; back-off on out-of-memory, failures isolated."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from harness.errors import HarnessError, RefusedSample
from harness.interfaces import Batch
from harness.runner.assessing import Assessment, assessments
from harness.runner.clock import Clock
from harness.runner.images import FACT, checked_image, facts_of, finite, grey_maps
from harness.runner.measure import round_to_8bit
from harness.runner.memory import give_back_freed
from harness.runner.strategies import strategic
from harness.runner.units import Unit
from harness.strategies import NATIVE, Strategy

__all__ = ["Answer", "Caller", "Calls", "answer_of", "labels_tensor", "reason_of", "shown_tensor", "to_tensor"]

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "CUDNN_STATUS_NOT_SUPPORTED")


@dataclass
class Answer:
    """What one sample got: a status with its reason, and where that is ok the 8-bit output, or an assessor's score.

    `output` [3,H,W] in [0,1] and `pixels` [3,H,W] uint8 are the same picture, `truth` and `mask` what it is judged by;
    all on the device. `maps` are what the method tells beside its picture, uint8 [H,W].
    """

    unit: Unit
    status: str = "ok"
    reason: str = ""
    output: torch.Tensor | None = None
    pixels: torch.Tensor | None = None
    truth: torch.Tensor | None = None
    mask: torch.Tensor | None = None
    score: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    maps: Mapping[str, torch.Tensor] = field(default_factory=dict)
    seconds: float | None = None
    peak_mb: float | None = None


class Calls(Protocol):
    """Whatever gives an entry's answers on one task: its method, called here or elsewhere, or a folder of outputs."""

    def run(self, units: Sequence[Unit], seeds: Sequence[int]) -> list[Answer]:
        """Answers in order, one a unit; failures are answers too."""
        ...


def answer_of(unit: Unit, pixels: torch.Tensor, device: str, **more: Any) -> Answer:
    """The answer whose output is uint8 [3,H,W] `pixels`, of the unit's size, with `facts`, `maps`, `seconds` …"""
    truth, mask = to_tensor([unit], device)
    levels = pixels.to(device)
    hole = mask[0] if mask is not None else None
    return Answer(unit, output=levels.float().div_(255), pixels=levels, truth=truth[0], mask=hole, **more)


def to_tensor(units: Sequence[Unit], device: str) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Truths [N,3,H,W] in [0,1] and masks [N,1,H,W]; pinned and moved without blocking on CUDA."""
    masks = None
    if units[0].mask is not None:
        stacked = torch.from_numpy(np.stack([unit.mask for unit in units if unit.mask is not None]))[:, None]
        masks = _moved(stacked, device).float()
    return _pictures([unit.truth for unit in units], device), masks


def _pictures(pictures: Sequence[NDArray[np.uint8]], device: str) -> torch.Tensor:
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return _moved(pixels, device).float().div_(255)


def labels_tensor(units: Sequence[Unit], device: str, *, judged: bool = False) -> torch.Tensor | None:
    """Label maps int64 [N,L,H,W] of units that all have them; None where there are none.

    Those that methods are given; `judged`: those that metrics see.
    """
    found = [unit.marks if judged and unit.labels is None else unit.labels for unit in units]
    maps = [labels for labels in found if labels is not None]
    return _moved(torch.from_numpy(np.stack(maps)), device) if maps else None


def shown_tensor(units: Sequence[Unit], device: str) -> torch.Tensor | None:
    """Pictures [N,3,h,w] in [0,1] that are shown before any blanking, where some are not the truths; None else."""
    if all(unit.image is None for unit in units):
        return None
    return _pictures([unit.truth if unit.image is None else unit.image for unit in units], device)


def _references(units: Sequence[Unit], device: str) -> torch.Tensor | None:
    """Undistorted pictures [N,3,H,W] in [0,1] of units that all have them; None where there are none."""
    pictures = [unit.reference for unit in units if unit.reference is not None]
    return _pictures(pictures, device) if pictures else None


def _exposures(units: Sequence[Unit], device: str) -> torch.Tensor | None:
    """Exposures [N,K,3,H,W] in [0,1] of units that all have them; None where there are none."""
    several = [_pictures(list(unit.exposures), device) for unit in units if unit.exposures is not None]
    return torch.stack(several) if several else None


def _moved(tensor: torch.Tensor, device: str) -> torch.Tensor:
    return tensor if device == "cpu" else tensor.contiguous().pin_memory().to(device, non_blocking=True)


def _judged(unit: Unit, of: Assessment, cost: Mapping[str, Any]) -> Answer:
    """An assessor's answer about one picture."""
    if of.refused:
        return Answer(unit, "skipped", of.refused, facts=of.facts)
    if not math.isfinite(of.score):
        return Answer(unit, "failed", "the score is NaN or infinite")
    return Answer(unit, score=of.score, facts=of.facts, maps=of.maps, **cost)


def reason_of(error: Exception | SystemExit) -> str:
    """Why a sample failed, in one line: a plugin that would end the process ends its sample."""
    if isinstance(error, SystemExit):
        return f"calls sys.exit({error.code!r})"
    first = (str(error).splitlines() or [""])[0]
    return first if isinstance(error, HarnessError) else f"{type(error).__name__}: {first}"[:300]


def _is_out_of_memory(error: Exception | SystemExit) -> bool:
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY)
    )


class Caller:
    """Runs one entry's method on batches of one task. Remembers the batch size that fitted.

    `build` makes the method at the first batch; where it raises, every sample fails with that error. An inpainter is
    shown pictures by the `strategy`, and every answer tells as a fact what that came to.
    """

    def __init__(
        self, build: Callable[[], Any], capability: str, needs: frozenset[str], device: str, role: str,
        strategy: Strategy = NATIVE,
    ) -> None:  # fmt: skip
        self._build = build
        self._capability = capability
        self._method: Callable[[Batch], Any] | None = None
        self._broken: Exception | SystemExit | None = None
        self._needs = needs
        self._device = device
        self._role = role
        self._strategy = strategy
        self._warm: dict[tuple[int, ...], float | None] = {}
        self.largest = 1 if "operator" in needs else 1 << 30  # every sample has an operator of its own

    def run(self, units: Sequence[Unit], seeds: Sequence[int]) -> list[Answer]:
        """Answers in order. Halves the batch on out-of-memory; a batch that raises is repeated sample by sample."""
        if len(units) > self.largest:
            half = max(1, self.largest)
            parts = [(units[i : i + half], seeds[i : i + half]) for i in range(0, len(units), half)]
            return [answer for part in parts for answer in self.run(*part)]
        try:
            return self._run(units, seeds)
        except (Exception, SystemExit) as error:
            if len(units) == 1:
                return [self._failure(units[0], error)]
            self.largest = len(units) // 2 if _is_out_of_memory(error) else self.largest
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()
        if self.largest < len(units):
            return self.run(units, seeds)
        return [answer for unit, seed in zip(units, seeds, strict=True) for answer in self.run([unit], [seed])]

    @staticmethod
    def _failure(unit: Unit, error: Exception | SystemExit) -> Answer:
        if isinstance(error, RefusedSample):
            return Answer(unit, "skipped", str(error))
        return Answer(unit, "failed", reason_of(error))

    def _ready(self) -> Callable[[Batch], Any]:
        """The method's function, built once; outside `inference_mode`, whose tensors know no gradients."""
        if self._broken is not None:
            raise self._broken
        if self._method is None:
            try:
                self._method = strategic(getattr(self._build(), self._capability), self._strategy, self._role)
            except (Exception, SystemExit) as error:
                self._broken = error
                raise
        return self._method

    def _run(self, units: Sequence[Unit], seeds: Sequence[int]) -> list[Answer]:
        call = self._ready()
        truth, mask = to_tensor(units, self._device)
        pictures = shown_tensor(units, self._device)
        shown = truth if pictures is None else pictures
        size = int(truth.shape[-2]), int(truth.shape[-1])
        batch = self._batch(units, seeds, shown, mask, size)
        with torch.inference_mode():
            shape = (*truth.shape, *shown.shape[-2:])
            if shape not in self._warm:
                give_back_freed()
                with Clock(self._device) as warming:
                    call(self._batch(units, seeds, shown, mask, size))
                self._warm[shape] = warming.peak_mb
            with Clock(self._device) as clock:
                given = call(batch)
        # On the CPU later calls reuse what the first one allocated, so the first one's peak counts too.
        peaks = [peak for peak in (clock.peak_mb, self._warm[shape]) if peak is not None]
        cost = {"seconds": clock.seconds / len(units), "peak_mb": max(peaks, default=None)}
        if self._capability == "assess":
            return [_judged(unit, of, cost) for unit, of in zip(units, assessments(given, truth), strict=True)]
        return self._pictures(units, given, truth, mask, cost)

    def _pictures(
        self, units: Sequence[Unit], given: Any, truth: torch.Tensor, mask: torch.Tensor | None,
        cost: Mapping[str, Any],
    ) -> list[Answer]:  # fmt: skip
        """A restorer's or inpainter's answers."""
        output = checked_image(given, truth.shape).to(truth.device, torch.float32)
        sound, maps = finite(output), grey_maps(given)
        output, pixels = round_to_8bit(output)
        how = self._told(truth.shape)
        return [
            Answer(
                unit,
                output=output[i],
                pixels=pixels[i],
                truth=truth[i],
                mask=mask[i] if mask is not None else None,
                facts=facts_of(given, i) | how,
                maps=maps[i],
                **cost,
            )
            if sound[i]
            else Answer(unit, "failed", "the output holds NaN or infinity")
            for i, unit in enumerate(units)
        ]

    def _told(self, shape: Sequence[int]) -> dict[str, str]:
        """How pictures of this shape were brought before the method, as a fact."""
        if self._capability != "inpaint":
            return {}
        return {FACT: str(self._strategy.at(int(shape[-2]), int(shape[-1])))}

    def _batch(
        self, units: Sequence[Unit], seeds: Sequence[int], shown: torch.Tensor, mask: torch.Tensor | None,
        size: tuple[int, int],
    ) -> Batch:  # fmt: skip
        # The method gets tensors of its own: what it does to them must not reach the truth it is judged by.
        visible = shown * (1 - mask) if mask is not None and self._role == "hole" else shown.clone()
        prompts = tuple(unit.prompt or "" for unit in units)
        precisions = tuple(unit.precision for unit in units if unit.precision is not None)
        return Batch(
            ids=tuple(unit.id for unit in units),
            image=visible if "image" in self._needs else None,
            mask=mask.clone() if mask is not None and "mask" in self._needs else None,
            prompt=prompts if "prompt" in self._needs else None,
            labels=labels_tensor(units, self._device) if "labels" in self._needs else None,
            exposures=_exposures(units, self._device) if "exposures" in self._needs else None,
            operator=units[0].operator if "operator" in self._needs else None,
            target_size=size,
            seeds=tuple(seeds),
            reference=_references(units, self._device) if "reference" in self._needs else None,
            precision=precisions if "precision" in self._needs else None,
        )
