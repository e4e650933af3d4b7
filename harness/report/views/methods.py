"""Cards of methods: what each is, whose weights there are, what is ours, and how to repeat what is claimed."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from harness.report.cards import MethodCard
from harness.report.templating import render

__all__ = ["methods"]


def methods(cards: Sequence[MethodCard]) -> Markup:
    """The cards, in the order given; each can be linked to as `#method-NAME`.

    Every element that stands for a card has `data-words` (lower case) and `data-capabilities`, for a page that filters
    without Python.
    """
    return render("views/methods.html.j2", cards=cards)
