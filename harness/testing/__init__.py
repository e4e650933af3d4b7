"""Checks for methods, ours and everyone else's."""

from __future__ import annotations

from harness.testing.leak import LeakReport, leak

__all__ = ["LeakReport", "leak"]
