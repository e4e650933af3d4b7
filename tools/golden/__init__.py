"""A suite of postage stamps, and the command that writes a golden store of today's schema with it.

    python -m tools.golden tests/store/golden/v1

A golden store is a run folder that some version of the harness wrote, small enough to be committed: today's code must
go on reading it, or refuse it in words (`tests/store/test_golden.py`). One is added when `SCHEMA` is raised and when a
release changes what a run stores; from the first release on, none is ever written again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from harness import DatasetSpec, SuiteSpec, hookimpl

if TYPE_CHECKING:
    from harness.interfaces import Sample

SIDE = 64


class Stamps:
    """The photographs that ship with the harness, at 64 px: a whole run folder is smaller than one of them."""

    version = "1"

    def __init__(self) -> None:
        from harness.datasets.photos import Photos

        self._photos = Photos()

    def __len__(self) -> int:
        return len(self._photos)

    def ids(self) -> Sequence[str]:
        return self._photos.ids()

    def load(self, id: str) -> Sample:
        from dataclasses import replace

        import cv2
        import numpy as np

        sample = self._photos.load(id)
        small = cv2.resize(sample.image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        return replace(sample, image=np.asarray(small, np.uint8))

    def content_hash(self) -> str:
        return hashlib.sha256(f"{self._photos.content_hash()} {self.version} {SIDE}".encode()).hexdigest()

    def pairs(self) -> None:
        return None

    def attribution(self) -> Sequence[Mapping[str, str]]:
        return self._photos.attribution()


@hookimpl
def harness_register_datasets(register: Callable[[DatasetSpec], None]) -> None:
    """`stamps`."""
    register(DatasetSpec("stamps", "tools.golden:Stamps", "1", "photos at 64 px, for tests", "as photos"))


@hookimpl
def harness_register_suites(register: Callable[[SuiteSpec], None]) -> None:
    """`golden`."""
    register(SuiteSpec("golden", "tools.golden:suite.toml", "two stamps, for tests of the store"))
