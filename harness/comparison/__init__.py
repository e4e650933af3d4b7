"""Two entries or two runs, matched, refused where they are not comparable, and judged on what both have."""

from harness.comparison.api import compare

__all__ = ["compare"]
