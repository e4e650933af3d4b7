"""Papers' numbers, a table each, below its source and protocol: never beside measured ones."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from harness.report.reported import WHY_APART, Reported, value_text
from harness.report.templating import render

__all__ = ["reported"]


def reported(tables: Sequence[Reported]) -> Markup:
    """The tables in their order, headed by the sentence that says why they stand apart; empty without any."""
    if not tables:
        return Markup("")
    return render("views/reported.html.j2", tables=tables, why=WHY_APART, value=value_text)
