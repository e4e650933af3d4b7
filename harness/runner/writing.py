"""Hashing, encoding and writing on a thread of its own, in order: the device never waits for a file."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Queue
from threading import Thread
from types import MappingProxyType, TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.store.artifacts import Artifacts
from harness.store.keys import pixels_hash
from harness.store.shards import ShardWriter

__all__ = ["Writer"]

SYNC_SECONDS = 0.5  # ours: syncing every record would cost more than writing it
Pictures = Mapping[str, NDArray[np.uint8]]
Item = tuple[dict[str, Any], Pictures]


class Writer:
    """Pictures first, then their record, flushed: a kill costs nothing that was written.

    Synced when the queue runs dry, twice a second at most, so that a power loss costs little. An error stops the run
    at the next `put`.
    """

    def __init__(self, stem: Path, artifacts: Artifacts, on_record: Callable[[Mapping[str, Any]], None]) -> None:
        self._shard = ShardWriter(stem)
        self._artifacts = artifacts
        self._on_record = on_record
        self._queue: Queue[Item | None] = Queue(maxsize=64)
        self._error: BaseException | None = None
        self._synced = time.monotonic()
        self._thread = Thread(target=self._work, name="writer", daemon=True)

    @staticmethod
    def hash(pixels: NDArray[np.uint8]) -> str:
        """The name that an output is stored under."""
        return pixels_hash(pixels)

    def put(self, row: dict[str, Any], pictures: Pictures = MappingProxyType({})) -> None:
        """Queue one record and its pictures by hash. Raises the writer's error, if it had one."""
        if self._error is not None:
            raise self._error
        self._queue.put((row, pictures))

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._error is not None:
                continue
            try:
                row, pictures = item
                for name, pixels in pictures.items():
                    self._artifacts.put(name, pixels)
                self._shard.append(row)
                if self._queue.empty() and time.monotonic() - self._synced > SYNC_SECONDS:
                    self._shard.sync()
                    self._synced = time.monotonic()
                    if not self._shard.path.exists():  # what is written to a deleted file is written to nobody
                        raise HarnessError(f"{self._shard.path} vanished while it was written")
                self._on_record(row)
            except BaseException as error:  # handed to the main thread, which raises it
                self._error = error

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        self._thread.join()
        if self._error is None:
            self._shard.close()
            return
        with contextlib.suppress(HarnessError):  # the disk that made the first error may make another
            self._shard.close()
        if error is None:
            raise self._error
        error.add_note(f"and not everything was written: {self._error}")
