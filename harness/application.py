"""One method on a user's own pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from harness.datasets.decode import decode, decode_mask, encode_png
from harness.errors import HarnessError
from harness.plugins import registry
from harness.store.files import write_atomic
from harness.store.keys import seed_of

__all__ = ["inpaint_files"]


def _mask_for(picture: Path, mask: Path) -> Path:
    if not mask.is_dir():
        return mask
    found = sorted(path for path in mask.iterdir() if path.stem == picture.stem)
    if not found:
        raise HarnessError(f"{mask} holds no mask named {picture.stem}.*")
    return found[0]


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
    method: str, files: Sequence[Path], mask: Path, out: Path, *, device: str = "auto", seed: int = 0
) -> Iterator[tuple[Path, float]]:
    """Fill holes; yields each written PNG with its seconds.

    Args:
        method: a method reference that can inpaint.
        files: pictures that Pillow can read.
        mask: one mask (white = hole) for all, or a folder of masks named as the pictures.
        out: a file for one picture, else a folder.

    Raises:
        HarnessError: unknown method, unreadable picture, sizes that differ, results that would overwrite each other,
            or the method's own failure.
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
    caller = Caller(lambda: entry.build(device), "inpaint", entry.spec.needs, device, "hole")
    for path in files:
        pixels, hole = decode(path).pixels, decode_mask(_mask_for(path, mask))
        if hole.shape != pixels.shape[:2]:
            raise HarnessError(
                f"{path} is {pixels.shape[1]}×{pixels.shape[0]}, "
                f"its mask {hole.shape[1]}×{hole.shape[0]}: they must agree"
            )
        unit = Unit(path.stem, path.stem, pixels, hole, None, "", "", "")
        answer = caller.run([unit], [seed_of(seed, path.stem, 0)])[0]
        if answer.output is None:
            raise HarnessError(f"{entry.reference} on {path}: {answer.reason}")
        filled = (answer.output * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        target = out / f"{path.stem}.png" if folder else out
        write_atomic(target, encode_png(np.where(hole[..., None], filled, pixels)))
        yield target, answer.seconds or 0.0
