"""Pictures of a run: lossless PNG, named by the sha256 of their pixels, so that equal ones are stored once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.store.files import clear_errors
from harness.store.keys import pixels_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Artifacts"]


class Artifacts:
    """The `artifacts/` folder of a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = False

    def path(self, name: str) -> Path:
        """Where the picture with this hash lies (it may have been pruned). Refuses anything that is no hash."""
        if not re.fullmatch(r"[0-9a-f]{64}", name):
            raise HarnessError(f"'{name[:80]}' is not the hash of an artifact")
        return self.folder / f"{name}.png"

    def put(self, name: str, pixels: NDArray[np.uint8]) -> None:
        """Store uint8 H×W×3 or H×W pixels under their hash. Encoded by OpenCV: 8 times cheaper than Pillow."""
        import cv2

        target = self.path(name)
        if target.exists():
            return
        bgr = pixels[..., ::-1] if pixels.ndim == 3 else pixels
        encoded = cv2.imencode(".png", bgr)[1]
        temporary = target.with_name(f".{name}.{os.getpid()}.tmp")
        with clear_errors(target, encoded.size):
            if not self._made:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._made = True
            try:
                temporary.write_bytes(encoded.data)
                os.replace(temporary, target)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise

    def get(self, name: str) -> NDArray[np.uint8] | None:
        """Pixels by hash, None where they were not kept.

        Raises `HarnessError` where the file holds other pixels than its name says, or none.
        """
        import cv2
        import numpy as np

        path = self.path(name)
        if not path.exists():
            return None
        content = np.frombuffer(path.read_bytes(), np.uint8)
        stored = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if len(content) else None
        if stored is None:
            raise HarnessError(f"{path}: damaged picture; remove it and run again")
        pixels = np.ascontiguousarray(stored[..., ::-1] if stored.ndim == 3 else stored, np.uint8)
        if pixels_hash(pixels) != name:
            raise HarnessError(f"{path}: damaged picture, its pixels are not what its name says; remove it, run again")
        return pixels

    def get_sound(self, name: str) -> NDArray[np.uint8] | None:
        """Pixels by hash, None where they were not kept or are damaged: such a file is removed, to be made again."""
        try:
            return self.get(name)
        except HarnessError:
            self.path(name).unlink()
            return None

    def prune(self, keep: set[str]) -> None:
        """Delete every picture that is not in `keep`."""
        for path in self.folder.glob("*.png"):
            if path.stem not in keep:
                path.unlink()
