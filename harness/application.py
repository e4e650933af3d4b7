"""One inpainter on a user's own pictures; what `harness restore` shares with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.datasets.decode import decode, decode_mask, encode_png
from harness.datasets.folder import SUFFIXES
from harness.errors import HarnessError
from harness.masks.precision import COARSEST
from harness.plugins import registry
from harness.store.files import write_atomic
from harness.store.keys import seed_of
from harness.strategies import Strategy

if TYPE_CHECKING:
    from harness.runner.call import Caller
    from harness.runner.entries import Entry
    from harness.runner.units import Unit
    from harness.specs import Capability

__all__ = ["answered", "entry_that_can", "inpaint_files", "is_folder", "refuse_collisions"]

GREY = (16, 239)
MOST_GREY = 0.01
"""ours: a drawn edge, or JPEG around one, leaves a few in-between greys; a matte or the wrong picture leaves many."""


def _mask_for(picture: Path, mask: Path) -> Path:
    if not mask.is_dir():
        return mask
    named = (path for path in mask.iterdir() if path.stem == picture.stem and path.suffix.lower() in SUFFIXES)
    found = sorted(path.name for path in named)
    if not found:
        raise HarnessError(f"{mask} holds no mask named {picture.stem}.*")
    if len(found) > 1:
        raise HarnessError(f"{mask} holds {len(found)} masks named {picture.stem}: {', '.join(found)}; leave one")
    return mask / found[0]


def _read(path: Path, mask: Path | None) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
    """A picture and its hole. Raises `HarnessError` where either cannot be read or their sizes differ."""
    pixels, hole = decode(path).pixels, decode_mask(mask) if mask is not None else None
    if hole is not None and hole.shape != pixels.shape[:2]:
        raise HarnessError(
            f"{path} is {pixels.shape[1]}×{pixels.shape[0]}, its mask {hole.shape[1]}×{hole.shape[0]}: they must agree"
        )
    return pixels, hole


def _grey_warning(mask: Path) -> str:
    """What to tell of a mask that is not nearly black and white; "" if it is."""
    pixels = decode(mask).pixels.mean(axis=2)
    share = float(((pixels >= GREY[0]) & (pixels <= GREY[1])).mean())
    if share <= MOST_GREY:
        return ""
    return f"{mask}: {share:.0%} of its pixels are neither black nor white; what is above 127 counts as hole"


def is_folder(out: Path) -> bool:
    """Whether results go into a folder: one that is there, or a name without a suffix."""
    return out.is_dir() or not out.suffix


def refuse_collisions(files: Sequence[Path], out: Path) -> None:
    """No result may overwrite another one, and none may be called what it is not: else `HarnessError`."""
    folder = is_folder(out)
    if not folder and out.suffix.lower() != ".png":
        raise HarnessError(f"{out}: results are written lossless; name a .png file or a folder")
    if not folder and len(files) > 1:
        raise HarnessError(f"{out} names one file for {len(files)} pictures: give a folder")
    twice = [path for i, path in enumerate(files) if path.stem in {other.stem for other in files[:i]}]
    if twice:
        raise HarnessError(f"two pictures are named {twice[0].stem}: their results would overwrite each other")


def entry_that_can(method: str, capability: Capability) -> Entry:
    """The entry of a reference. Raises `HarnessError` where it cannot do that to pictures of a user."""
    from harness.runner.entries import resolve_entry

    entry = resolve_entry(method, registry())
    if entry.outputs is not None:
        raise HarnessError(f"{entry.reference} is a folder of outputs: it cannot fill further pictures")
    if capability not in entry.spec.capabilities:
        raise HarnessError(f"{entry.spec.name} cannot {capability}; it can {', '.join(entry.spec.capabilities)}")
    return entry


def answered(caller: Caller, unit: Unit, seed: int, told: str) -> tuple[NDArray[np.uint8], float]:
    """What a method makes of one picture, uint8 H×W×3, and its seconds.

    Raises `HarnessError` with the method's own failure; `told` says whose and on what.
    """
    answer = caller.run([unit], [seed])[0]
    if answer.pixels is None:
        raise HarnessError(f"{told}: {answer.reason}")
    return np.ascontiguousarray(answer.pixels.permute(1, 2, 0).cpu().numpy()), answer.seconds or 0.0


def _refuse_what_does_not_fit(entry: Entry, mask: Path | None, prompt: str) -> None:
    """Raise `HarnessError` for what the method needs and is not here, and for what it would not look at."""
    name, needs = entry.spec.name, entry.spec.needs
    for field, given, lacking in (("mask", mask is not None, "--mask MASK"), ("prompt", bool(prompt), '--prompt "…"')):
        if field in needs and not given:
            raise HarnessError(f"{name} needs a {field}: {lacking}")
        if field not in needs and given:
            raise HarnessError(f"{name} takes no {field}: leave out --{field}")
    if more := sorted(needs - {"image", "mask", "prompt", "precision"}):
        raise HarnessError(f"{name} needs {', '.join(more)}, which a picture does not bring: harness run shows it")


def inpaint_files(
    method: str, files: Sequence[Path], mask: Path | None, out: Path, *, warn: Callable[[str], None],
    device: str = "auto", seed: int = 0, strategy: str = "", prompt: str = "", precision: int = COARSEST,
) -> Iterator[tuple[Path, float]]:  # fmt: skip
    """Fill holes, or do as a text says; yields each written PNG with its seconds.

    Every file is checked before the first is written. Where there is a mask, what lies outside comes back as it was.

    Args:
        method: a method reference that can inpaint.
        files: pictures that Pillow can read.
        mask: one mask (white = hole) for all, or a folder of masks named as the pictures; None for a method without.
        out: a file for one picture, else a folder.
        warn: told, in one line each, of masks that are not nearly black and white.
        strategy: how larger pictures are brought before the method (`harness.strategies`), `crop-512`; "" for what
            its reference or its spec says.
        prompt: for a method that reads a text.
        precision: how closely the mask follows the object, 0 exactly … 5 its box, for a method that is told. ours:
            unless told, what a user draws is taken to follow it no closer than a box does.

    Raises:
        HarnessError: unknown method or strategy, a mask or text that the method lacks or does not take, unreadable
            picture, sizes that differ, results that would overwrite each other, or the method's own failure.
    """
    from harness.runner.api import pick_device
    from harness.runner.call import Caller
    from harness.runner.units import Unit

    refuse_collisions(files, out)
    device = pick_device(device)
    entry = entry_that_can(method, "inpaint")
    _refuse_what_does_not_fit(entry, mask, prompt)
    masks = {path: None if mask is None else _mask_for(path, mask) for path in files}
    for path in files:
        _read(path, masks[path])
    drawn = dict.fromkeys(path for path in masks.values() if path is not None)
    for line in filter(None, map(_grey_warning, drawn)):
        warn(line)
    way = Strategy.parse(strategy, entry.spec.strategy) if strategy else entry.strategy_on()
    role = "hole" if "hole" in entry.spec.roles else "region"
    caller = Caller(lambda: entry.build(device), "inpaint", entry.spec.needs, device, role, way)
    for path in files:
        pixels, hole = _read(path, masks[path])
        unit = Unit(path.stem, path.stem, pixels, hole, prompt or None, "", "", "", precision=precision)
        filled, seconds = answered(caller, unit, seed_of(seed, path.stem, 0), f"{entry.reference} on {path}")
        target = out / f"{path.stem}.png" if is_folder(out) else out
        write_atomic(target, encode_png(filled if hole is None else np.where(hole[..., None], filled, pixels)))
        yield target, seconds
