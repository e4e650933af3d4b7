"""Cards of suites: tasks, data, masks, metrics with their protocol, and the bar that a learned method is held to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from harness.report.cards import SuiteCard
from harness.report.templating import render
from harness.stats.floors import NONINFERIOR_MARGIN_DB, SUPERIOR_MARGIN_DB

__all__ = ["suites"]

BARS: Mapping[str, str] = {
    "superior": f"more than {SUPERIOR_MARGIN_DB:g} dB above every floor in hole PSNR, and a smaller feature distance "
    "than every floor",
    "noninferior": f"less than {NONINFERIOR_MARGIN_DB:g} dB below every floor in hole PSNR, a smaller feature distance "
    "than every smooth floor, and fine detail within a factor 2 of the truth’s",
}


def suites(cards: Sequence[SuiteCard]) -> Markup:
    """The cards, in the order given; each can be linked to as `#suite-NAME`."""
    return render("views/suites.html.j2", cards=cards, bars=BARS)
