"""How a picture that is larger than a method's own size is brought before it: `native`, `crop-512`, ….

Written `KIND` or `KIND-SIDE`, SIDE the longest side in pixels that the method is then shown; done by
`harness.runner.strategies`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import HarnessError

__all__ = ["KINDS", "NATIVE", "PARAM", "SIDE", "Strategy"]

KINDS = ("native", "resize-up", "crop", "tiled")
PARAM = "strategy"
"""The parameter of every method's reference that names one: `coordfill[strategy=crop-512]`."""
SIDE = 512
"""ours: of a kind without a side where the method states none."""
SMALLEST, LARGEST = 64, 8192
VERSION = 1
"""Raised when the same words fill otherwise: part of cell keys."""
_WRITTEN = re.compile(rf"({'|'.join(KINDS)})(?:-(\d{{1,5}}))?")


@dataclass(frozen=True)
class Strategy:
    """One way to fill a picture whose longer side exceeds `side` pixels; smaller ones are always filled natively.

    Attributes:
        kind: `native`: as it is. `resize-up`: shrunk, filled, the fill enlarged into the hole. `crop`: a window around
            each group of holes with context. `tiled`: one overlapping tile after the other.
        side: longest side that the method is shown; 0 of `native`: it has no limit.
    """

    kind: str = "native"
    side: int = 0

    @classmethod
    def parse(cls, text: str, default: str = "") -> Strategy:
        """Read `KIND` or `KIND-SIDE`; "" is native. A kind without a side takes that of `default`, else `SIDE`.

        Raises `HarnessError` in one line for anything else.

        >>> str(Strategy.parse("crop")), str(Strategy.parse("tiled", "resize-up-256")), str(Strategy.parse(""))
        ('crop-512', 'tiled-256', 'native')
        """
        if not text:
            return cls()
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise HarnessError(f"'{text}' is no strategy: {', '.join(KINDS)}, with a side in pixels: crop-512")
        kind, written = found.groups()
        if kind == "native":
            if written:
                raise HarnessError(f"'{text}': native has no side")
            return cls()
        side = int(written) if written else (cls.parse(default).side or SIDE)
        if not SMALLEST <= side <= LARGEST:
            raise HarnessError(f"'{text}': a side is {SMALLEST} to {LARGEST} pixels")
        return cls(kind, side)

    def at(self, height: int, width: int) -> Strategy:
        """What it comes to for a picture of this size: native where the method may see it whole."""
        return self if self.side and max(height, width) > self.side else NATIVE

    def identity(self) -> str:
        """What enters a cell's key; "" of native, which is what cells were before there were others."""
        return f"{self}/{VERSION}" if self.side else ""

    def __str__(self) -> str:
        return f"{self.kind}-{self.side}" if self.side else self.kind


NATIVE = Strategy()
"""Every picture as it is."""
