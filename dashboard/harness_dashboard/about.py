"""What pages about methods and suites point to: the boards, and the newest finished runs beside them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from harness.errors import HarnessError
from harness.report.board import TaskView
from harness.report.cards import Published
from harness_dashboard.catalogue import Catalogue, Source

__all__ = ["published"]

MOST = 8
"""ours: a folder of hundreds of runs would hold the page up; the newest say enough."""


def published(catalogue: Catalogue) -> list[Published]:
    """Boards, then the newest runs that have a summary.

    What cannot be read is left out: the page Runs says what is wrong with it.
    """
    finished = [source for source in catalogue.sources.values() if (source.path / "summary.json").exists()]
    found = []
    for source in finished[:MOST]:
        try:
            opened = catalogue.open(source)
            found.append(Published(source.title, opened.views, opened.manifest["suite"], _address(source)))
        except HarnessError:
            continue
    return found


def _address(source: Source) -> Callable[[TaskView], str]:
    """Links to the leaderboard page, which is the dashboard's first; an address names what is chosen as it is shown."""
    return lambda view: f"./?{urlencode({'source': source.title, 'task': view.summary.title})}"
