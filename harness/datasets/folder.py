"""A folder of a user's own pictures as a data set."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.datasets.decode import decode
from harness.datasets.views import VIEWS, apply_view
from harness.errors import HarnessError, UnknownName
from harness.interfaces import Sample

__all__ = ["SUFFIXES", "Folder", "Scan", "image_files", "scan"]

SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".pgm", ".pnm", ".avif", ".jp2")
)


@dataclass(frozen=True)
class Scan:
    """What lies in a folder: image files relative to it, sorted, and (relative path, why) of all the rest."""

    images: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


def scan(folder: Path) -> Scan:
    """List a folder and its subfolders by name alone; nothing is decoded.

    A link to a file inside the folder counts as that file; links that lead out of it, and links to folders
    (which can form loops), are skipped. Keys are POSIX paths, so they are the same on every system.

    Raises:
        HarnessError: the folder does not exist or cannot be listed.
    """
    if not folder.is_dir():
        raise HarnessError(f"{folder}: no such folder")
    root = Path(os.path.realpath(folder))
    images: list[str] = []
    skipped: list[tuple[str, str]] = []

    def unreadable(error: OSError) -> None:
        if Path(error.filename) == root:
            raise HarnessError(f"{folder}: cannot be listed: {error.strerror}") from error
        skipped.append((_key(root, Path(error.filename)), f"cannot be listed: {error.strerror}"))

    for place, folders, files in os.walk(root, onerror=unreadable, followlinks=False):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        skipped += [(_key(root, here / name), "a link to a folder is not followed") for name in links]
        for name in files:
            why = _why_not(root, here / name)
            if why:
                skipped.append((_key(root, here / name), why))
            else:
                images.append(_key(root, here / name))
    return Scan(tuple(sorted(images)), tuple(sorted(skipped)))


def image_files(folder: Path) -> list[Path]:
    """Every image file below `folder`, sorted by its relative POSIX path."""
    return [folder / key for key in scan(folder).images]


def _why_not(root: Path, path: Path) -> str:
    try:
        path.name.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not valid UTF-8"
    if path.suffix.lower() not in SUFFIXES:
        return "not an image file by its suffix"
    target = Path(os.path.realpath(path))
    if not target.is_relative_to(root):
        return "a link that leads out of the folder"
    return "" if target.is_file() else "not a regular file"


def _key(root: Path, path: Path) -> str:
    """Relative POSIX path; bytes that are no text are shown as `\\xNN`."""
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()


class Folder:
    """The image files of a folder; each is its own cluster, its id is its relative POSIX path.

    Args:
        path: the folder; subfolders belong to it.
        view: `native` or `square-256` (see `harness.datasets.views`).
    """

    version = "1"

    def __init__(self, path: str | Path, view: str = "native") -> None:
        if view not in VIEWS:
            raise HarnessError(f"folder: unknown view '{view}': choose {' or '.join(VIEWS)}")
        self.path = Path(path)
        self.view = view
        self.scanned = scan(self.path)
        if not self.scanned.images:
            raise HarnessError(f"{path}: no image file in it ({len(self.scanned.skipped)} other files)")

    def __len__(self) -> int:
        return len(self.scanned.images)

    def ids(self) -> Sequence[str]:
        """Relative POSIX paths, sorted."""
        return self.scanned.images

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.scanned.images)

    def load(self, id: str) -> Sample:
        """Decode one picture. Raises `ImageError` naming the file, `UnknownName` for another id."""
        if id not in self._known:
            raise UnknownName("picture", id, self.scanned.images, f"ls {self.path}")
        return Sample(id, id, apply_view(decode(self.path / id).pixels, self.view))

    def content_hash(self) -> str:
        """sha256 over version, view and its rule, and the name and bytes of every image file."""
        digest = hashlib.sha256(f"folder {self.version} {self.view}: {VIEWS[self.view]}".encode())
        for id in self.ids():
            with (self.path / id).open("rb") as file:
                inner = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"\n{len(id)} {id} {inner}".encode())
        return digest.hexdigest()

    def pairs(self) -> None:
        """No verification protocol."""

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """One row: the folder. Its terms are the user's business."""
        return [{"title": self.path.name, "author": "", "licence": "not stated", "source": str(self.path)}]
