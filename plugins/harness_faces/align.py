"""Five points to the 112 px template: see `harness.faces.alignment`."""

from __future__ import annotations

from harness.faces.alignment import SIDE, TEMPLATE, align

__all__ = ["SIDE", "TEMPLATE", "align"]
