"""Page under construction."""

from __future__ import annotations

from harness_dashboard.catalogue import Catalogue

__all__ = ["page"]


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
