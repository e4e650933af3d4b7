"""One restorer on a user's own degraded pictures, or on clean ones that are degraded first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.application import answered, entry_that_can, is_folder, refuse_collisions
from harness.datasets.decode import decode, encode_png
from harness.errors import HarnessError
from harness.interfaces import Degraded, Sample
from harness.plugins import registry
from harness.store.files import write_atomic
from harness.store.keys import seed_of

if TYPE_CHECKING:
    from harness.runner.degrading import Degrader
    from harness.runner.entries import Entry
    from harness.runner.units import Unit

__all__ = ["RestoredFile", "restore_files"]

PROBE = 256
"""ours: side of the grey picture that tells by how much a degradation shrinks."""


@dataclass(frozen=True)
class RestoredFile:
    """What was written of one picture: the result, and where it was degraded here, what of it was observed."""

    path: Path
    seconds: float
    observed: Path | None = None


def restore_files(
    method: str, files: Sequence[Path], out: Path, *, task: str = "", degrade: str = "", device: str = "auto",
    seed: int = 0,
) -> Iterator[RestoredFile]:  # fmt: skip
    """Undo a degradation; yields what is written of each picture. Every file is looked at before the first is written.

    Args:
        method: a method reference that can restore.
        files: pictures that Pillow can read: already degraded ones, unless `degrade` is given.
        out: a `.png` for one picture, else a folder.
        task: the degradation `name[k=v]` that the files went through. It decides the size of the result, and its
            operator is told to methods that need it. What it draws (a kernel, a mask) is drawn by the file's name,
            as `degrade` does. "" for one that nobody knows: the result has the file's size.
        degrade: a degradation that clean files are put through first; each observation is written beside the result
            as `NAME.observed.png`.

    Raises:
        HarnessError: unknown method or degradation, what the method needs and nothing tells, a file that no
            degraded picture can be, results that would overwrite each other, or the method's own failure.
    """
    from harness.runner.api import pick_device
    from harness.runner.call import Caller
    from harness.runner.degrading import Degrader

    if task and degrade:
        raise HarnessError("--task is for degraded pictures, --degrade for clean ones: give one of them")
    refuse_collisions(files, out)
    device = pick_device(device)
    entry = entry_that_can(method, "restore")
    degrader = Degrader(task or degrade, registry()) if task or degrade else None
    _refuse_what_is_not_told(entry, task, degrade)
    for path in files:
        _unit(path, degrader, entry, degraded_here=bool(degrade))
    caller = Caller(lambda: entry.build(device), "restore", entry.spec.needs, device, "region")
    for path in files:
        unit = _unit(path, degrader, entry, degraded_here=bool(degrade))
        made, seconds = answered(caller, unit, seed_of(seed, path.stem, 0), f"{entry.reference} on {path}")
        target = out / f"{path.stem}.png" if is_folder(out) else out
        observed = target.with_name(f"{target.stem}.observed.png") if degrade else None
        if observed is not None and unit.image is not None:
            write_atomic(observed, encode_png(unit.image))
        write_atomic(target, encode_png(made))
        yield RestoredFile(target, seconds, observed)


def _refuse_what_is_not_told(entry: Entry, task: str, degrade: str) -> None:
    name, needs = entry.spec.name, entry.spec.needs
    if "operator" in needs and not (task or degrade):
        raise HarnessError(f"{name} needs to know what was done: --task DEGRADATION (harness list degradations)")
    if "exposures" in needs and not degrade:
        raise HarnessError(f"{name} needs several exposures, and a file is one: --degrade DEGRADATION makes them")
    if more := sorted(needs - {"image", "operator", "exposures", "target_size", "seeds"}):
        raise HarnessError(f"{name} needs {', '.join(more)}, which a picture does not bring: harness run shows it")


def _unit(path: Path, degrader: Degrader | None, entry: Entry, *, degraded_here: bool) -> Unit:
    """What the method is shown of a file. Raises `HarnessError` where it cannot be had."""
    from harness.runner.units import Unit

    pixels = decode(path).pixels
    made = Degraded(pixels)
    size = pixels.shape[:2]
    if degrader is not None and degraded_here:
        made = degrader.degrade(Sample(path.stem, path.stem, pixels))
    elif degrader is not None:
        size, made = _told(path, pixels, degrader)
    for field in ("operator", "exposures"):
        if field in entry.spec.needs and getattr(made, field) is None:
            raise HarnessError(f"{entry.spec.name} needs {field}, and {degrader.name if degrader else path} has none")
    truth = np.zeros((*size, 3), np.uint8)  # nobody knows it: only its size is asked for
    return Unit(
        path.stem, path.stem, truth, None, None, "", "", "", np.ascontiguousarray(made.picture),
        operator=made.operator, exposures=made.exposures,
    )  # fmt: skip


def _told(path: Path, pixels: NDArray[np.uint8], degrader: Degrader) -> tuple[tuple[int, int], Degraded]:
    """Size of the clean picture, and the observation with the operator that grey of that size has gone through."""
    height, width = pixels.shape[:2]
    probe = degrader.degrade(_grey(path.stem, (PROBE, PROBE))).picture.shape
    size = round(height * PROBE / probe[0]), round(width * PROBE / probe[1])
    made = degrader.degrade(_grey(path.stem, size))
    if made.picture.shape != pixels.shape:
        raise HarnessError(f"{path} is {width}×{height}: no picture degraded by {degrader.name} has that size")
    return size, Degraded(pixels, made.operator)


def _grey(id: str, size: tuple[int, int]) -> Sample:
    return Sample(id, id, np.full((*size, 3), 128, np.uint8))
