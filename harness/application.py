"""One method on a user's own pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.datasets.decode import decode, decode_mask, encode_png
from harness.datasets.folder import SUFFIXES
from harness.errors import HarnessError
from harness.plugins import registry
from harness.store.files import write_atomic
from harness.store.keys import seed_of
from harness.strategies import Strategy

__all__ = ["inpaint_files"]

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


def _read(path: Path, mask: Path) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A picture and its hole. Raises `HarnessError` where either cannot be read or their sizes differ."""
    pixels, hole = decode(path).pixels, decode_mask(mask)
    if hole.shape != pixels.shape[:2]:
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


def _is_folder(out: Path) -> bool:
    return out.is_dir() or not out.suffix


def _refuse_collisions(files: Sequence[Path], out: Path, *, folder: bool) -> None:
    """No result may overwrite another one, and none may be called what it is not."""
    if not folder and out.suffix.lower() != ".png":
        raise HarnessError(f"{out}: results are written lossless; name a .png file or a folder")
    if not folder and len(files) > 1:
        raise HarnessError(f"{out} names one file for {len(files)} pictures: give a folder")
    twice = [path for i, path in enumerate(files) if path.stem in {other.stem for other in files[:i]}]
    if twice:
        raise HarnessError(f"two pictures are named {twice[0].stem}: their results would overwrite each other")


def inpaint_files(
    method: str, files: Sequence[Path], mask: Path, out: Path, *, warn: Callable[[str], None],
    device: str = "auto", seed: int = 0, strategy: str = "",
) -> Iterator[tuple[Path, float]]:  # fmt: skip
    """Fill holes; yields each written PNG with its seconds. Every file is checked before the first is written.

    Args:
        method: a method reference that can inpaint.
        files: pictures that Pillow can read.
        mask: one mask (white = hole) for all, or a folder of masks named as the pictures.
        out: a file for one picture, else a folder.
        warn: told, in one line each, of masks that are not nearly black and white.
        strategy: how larger pictures are brought before the method (`harness.strategies`), `crop-512`; "" for what
            its reference or its spec says.

    Raises:
        HarnessError: unknown method or strategy, unreadable picture, sizes that differ, results that would overwrite
            each other, or the method's own failure.
    """
    from harness.runner.api import pick_device
    from harness.runner.call import Caller
    from harness.runner.entries import resolve_entry
    from harness.runner.units import Unit

    folder = _is_folder(out)
    _refuse_collisions(files, out, folder=folder)
    device = pick_device(device)
    entry = resolve_entry(method, registry())
    if "inpaint" not in entry.spec.capabilities:
        raise HarnessError(f"{entry.spec.name} cannot inpaint; it can {', '.join(entry.spec.capabilities)}")
    masks = {path: _mask_for(path, mask) for path in files}
    for path in files:
        _read(path, masks[path])
    for line in filter(None, map(_grey_warning, dict.fromkeys(masks.values()))):
        warn(line)
    way = Strategy.parse(strategy, entry.spec.strategy) if strategy else entry.strategy_on()
    caller = Caller(lambda: entry.build(device), "inpaint", entry.spec.needs, device, "hole", way)
    for path in files:
        pixels, hole = _read(path, masks[path])
        unit = Unit(path.stem, path.stem, pixels, hole, None, "", "", "")
        answer = caller.run([unit], [seed_of(seed, path.stem, 0)])[0]
        if answer.output is None:
            raise HarnessError(f"{entry.reference} on {path}: {answer.reason}")
        filled = (answer.output * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        target = out / f"{path.stem}.png" if folder else out
        write_atomic(target, encode_png(np.where(hole[..., None], filled, pixels)))
        yield target, answer.seconds or 0.0
