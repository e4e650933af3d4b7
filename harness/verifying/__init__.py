"""Checking a run folder against itself and against today's code."""

from harness.verifying.folder import Check, Verified, verify

__all__ = ["Check", "Verified", "verify"]
