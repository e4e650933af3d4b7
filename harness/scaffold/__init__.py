"""The packages that `harness new` writes."""

from __future__ import annotations

from harness.scaffold.kinds import KINDS
from harness.scaffold.writing import checked_name, write_package

__all__ = ["KINDS", "checked_name", "write_package"]
