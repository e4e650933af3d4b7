"""The shipped photographs: 40 free ones, long side at most 768 px, for evaluation only.

The first 28 are in colour, two toned historic prints follow, so the first 30 are what suites take; then a star
field, more toned prints and three grey ones. `tools/gather_photos.py` rebuilds them from their packages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.datasets.decode import ImageError, decode
from harness.datasets.views import VIEWS, apply_view
from harness.errors import HarnessError, UnknownName
from harness.interfaces import Sample

__all__ = ["PHOTOS", "Photos"]

PHOTOS = Path(__file__).with_name("photos")


class Photos:
    """Photographs with a manifest that states hashes, cluster, terms, colour and kind of each.

    Args:
        view: `square-256` (centre square, bicubic, [256, 256, 3]) or `native` (as shipped).
        folder: where `manifest.json` and the files lie.
    """

    version = "1"

    def __init__(self, view: str = "square-256", folder: Path = PHOTOS) -> None:
        if view not in VIEWS:
            raise HarnessError(f"photos: unknown view '{view}': choose {' or '.join(VIEWS)}")
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
            raise UnknownName("photograph", id, self._rows, "harness show photos")
        row = self._rows[id]
        path = self.folder / row["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ImageError(f"{path}: cannot be read: {error.strerror}; reinstall iq-harness") from error
        found = hashlib.sha256(data).hexdigest()
        if found != row["sha256"]:
            raise ImageError(f"{path}: sha256 {found[:12]}… is not the manifest's {row['sha256'][:12]}…")
        pixels = apply_view(decode(data).pixels, self.view)
        return Sample(id, row["cluster"], pixels, truth={"kind": row["kind"], "colour": row["colour"]})

    def content_hash(self) -> str:
        """sha256 over version, view and its rule, and id, cluster and file hash of every photograph in order."""
        digest = hashlib.sha256(f"photos {self.version} {self.view}: {VIEWS[self.view]}".encode())
        for row in self._rows.values():
            digest.update(f"\n{row['id']} {row['cluster']} {row['sha256']}".encode())
        return digest.hexdigest()

    def pairs(self) -> None:
        """No verification protocol."""

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """title, author, licence and source of every photograph, and its id as `image`."""
        words = ("title", "author", "licence", "source")
        return [{"image": id, **{word: row[word] for word in words}} for id, row in self._rows.items()]
