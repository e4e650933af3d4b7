"""The shipped photographs: 40 free ones, long side at most 768 px, and 8 of them at 2048 px, for evaluation only.

Of the 40 the first 28 are in colour, two toned historic prints follow, so the first 30 are what suites take; then a
star field, more toned prints and three grey ones. `tools/gather_photos.py` and `tools/gather_photos_2048.py` rebuild
them from their packages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harness.datasets.decode import ImageError, decode
from harness.datasets.geometry import parse_view
from harness.datasets.views import VIEWS, apply_view
from harness.errors import HarnessError, UnknownName
from harness.interfaces import Sample

if TYPE_CHECKING:
    from harness.interfaces import Pixels

__all__ = ["PHOTOS", "PHOTOS_2048", "Photos", "Photos2048"]

PHOTOS = Path(__file__).with_name("photos")
PHOTOS_2048 = Path(__file__).with_name("photos_2048")
VIEWS_2048 = {
    "square-2048": "as decoded",
    "square-1024": "mean of every 2 x 2 pixels (Pillow box filter)",
}


class Photos:
    """Photographs with a manifest that states hashes, cluster, terms, colour and kind of each.

    Args:
        view: `square-256` (centre square, bicubic, [256, 256, 3]) or `native` (as shipped).
        folder: where `manifest.json` and the files lie.
    """

    version = "1"
    name: ClassVar[str] = "photos"
    views: ClassVar[Mapping[str, str]] = VIEWS

    def __init__(self, view: str = "square-256", folder: Path = PHOTOS) -> None:
        if view not in self.views:
            raise HarnessError(f"{self.name}: unknown view '{view}': choose {' or '.join(self.views)}")
        self.view = view
        self.folder = folder
        rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["photos"]
        self._rows: dict[str, dict[str, Any]] = {row["id"]: row for row in rows}

    def __len__(self) -> int:
        return len(self._rows)

    def ids(self) -> Sequence[str]:
        """File stems, the most telling photographs first."""
        return tuple(self._rows)

    def load(self, id: str) -> Sample:
        """Read, verify and decode one photograph.

        `truth` holds `kind` (nature, land, people, …) and `colour` (colour, toned, grey).

        Raises:
            ImageError: the file's sha256 is not the manifest's, or it cannot be read.
        """
        if id not in self._rows:
            raise UnknownName("photograph", id, self._rows, f"harness show {self.name}")
        row = self._rows[id]
        path = self.folder / row["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ImageError(f"{path}: cannot be read: {error.strerror}; reinstall iq-harness") from error
        found = hashlib.sha256(data).hexdigest()
        if found != row["sha256"]:
            raise ImageError(f"{path}: sha256 {found[:12]}… is not the manifest's {row['sha256'][:12]}…")
        pixels = self._viewed(decode(data).pixels)
        return Sample(id, row["cluster"], pixels, truth={"kind": row["kind"], "colour": row["colour"]})

    def content_hash(self) -> str:
        """sha256 over version, view and its rule, and id, cluster and file hash of every photograph in order."""
        digest = hashlib.sha256(f"{self.name} {self.version} {self.view}: {self.views[self.view]}".encode())
        for row in self._rows.values():
            digest.update(f"\n{row['id']} {row['cluster']} {row['sha256']}".encode())
        return digest.hexdigest()

    def _viewed(self, pixels: Pixels) -> Pixels:
        return apply_view(pixels, self.view)

    def pairs(self) -> None:
        """No verification protocol."""

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """title, author, licence and source of every photograph, and its id as `image`."""
        words = ("title", "author", "licence", "source")
        return [{"image": id, **{word: row[word] for word in words}} for id, row in self._rows.items()]


class Photos2048(Photos):
    """Eight of the photographs as their packages have them: the centre square, shrunk to 2048 px, never enlarged.

    Args:
        view: `square-2048` (as shipped, [2048, 2048, 3]) or `square-1024` (the mean of every 2 × 2 pixels).
        folder: where `manifest.json` and the files lie.
    """

    name = "photos-2048"
    version = "2"
    views = VIEWS_2048

    def __init__(self, view: str = "square-2048", folder: Path = PHOTOS_2048) -> None:
        super().__init__(view, folder)

    def _viewed(self, pixels: Pixels) -> Pixels:
        return pixels if self.view == "square-2048" else parse_view("resize1024-box").image(pixels)
