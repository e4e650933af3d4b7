"""What `harness dashboard` was started with, handed to the app as one environment variable."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

__all__ = ["VARIABLE", "Options"]

VARIABLE = "HARNESS_DASHBOARD"


@dataclass(frozen=True)
class Options:
    """Options of one dashboard.

    Attributes:
        folders: run folders, or folders of run folders.
        allow_run: whether Try it may start processes on this machine.
        timeout: seconds that one call of a method may take.
    """

    folders: tuple[str, ...] = ("runs",)
    allow_run: bool = False
    timeout: float = 120.0

    def to_environment(self) -> dict[str, str]:
        """What the app's process is given."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> Options:
        """The options that this process was given, or the defaults."""
        text = os.environ.get(VARIABLE)
        if not text:
            return cls()
        given = json.loads(text)
        return cls(tuple(given["folders"]), bool(given["allow_run"]), float(given["timeout"]))
