"""The table of checks in `docs/conformance.md`, made from their docstrings: `python -m` this module writes it anew."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from harness.testing.conformance.catalogue import CHECKS
from harness.testing.conformance.model import Check

__all__ = ["document", "table"]

BEGIN, END = "<!-- checks: made by python -m harness.testing.conformance.document -->", "<!-- end of checks -->"
_WORDS = {"": "thing of any kind", "dataset": "data set", "mask": "mask set"}


def _asked_of(check: Check) -> str:
    if check.capability:
        return f"method that can {check.capability}"
    words = check.kind.split() or [""]
    return ", ".join(_WORDS.get(word, word) for word in words)


def table() -> str:
    """One Markdown row a check, in the order in which they are asked."""
    lines = ["| check | of a | it passes if |", "|---|---|---|"]
    lines += [f"| `{check.name}` | {_asked_of(check)} | {check.question} |" for check in CHECKS]
    return "\n".join(lines)


def document(text: str) -> str:
    """A page with its table replaced by today's. Raises `ValueError` for a page without the two marks."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"no {BEGIN} … {END} in the page")
    return pattern.sub(lambda _: f"{BEGIN}\n{table()}\n{END}", text)


if __name__ == "__main__":
    page = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/conformance.md")
    page.write_text(document(page.read_text(encoding="utf-8")), encoding="utf-8")
