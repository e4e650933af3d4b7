"""The conformance kit: small checks of everything that can be registered. Importing it brings no torch."""

from __future__ import annotations

from harness.testing.conformance.case import Case, cases, everything
from harness.testing.conformance.model import Check, Outcome

__all__ = ["Case", "Check", "Outcome", "cases", "everything"]
