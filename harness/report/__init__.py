"""What a person sees of a run: terminal tables, one self-contained HTML file, pictures for a README.

Nothing is computed here that a summary does not hold, except pictures of errors. The names below are imported at
first use, so that importing this package stays free of numpy and the command line starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.report.html import write_report
    from harness.report.pictures import strip_png
    from harness.report.terminal import print_summary

__all__ = ["print_summary", "strip_png", "write_report"]

_HOMES = {"print_summary": "terminal", "strip_png": "pictures", "write_report": "html"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
