"""What pages about methods and suites point to: the boards, and the newest finished runs beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st

from harness.errors import HarnessError
from harness.report.board import TaskView
from harness.report.cards import Published
from harness.report.opened import Opened
from harness.store.packed import as_it_lies
from harness_dashboard.catalogue import Catalogue, Source

__all__ = ["published"]

MOST = 12
"""ours: a folder of hundreds of runs would hold the page up; the newest say enough."""


class _Told(NamedTuple):
    """What cards need of a board or run: a little of what is read."""

    views: Mapping[str, TaskView]
    suite: Mapping[str, Any]


@st.cache_resource(max_entries=4 * MOST, show_spinner=False)
def _told(path: bytes, stamp: tuple[int, ...]) -> _Told:
    """Shared by all sessions and never written to. `stamp` is part of the key only."""
    opened = Opened(Path(os.fsdecode(path)))
    return _Told(opened.views, opened.manifest["suite"])


def published(catalogue: Catalogue) -> list[Published]:
    """Boards, then the newest runs that have a summary.

    What cannot be read is left out: the page Runs says what is wrong with it.
    """
    finished = [s for s in catalogue.sources.values() if as_it_lies(s.path / "summary.json").is_file()]
    found = []
    for source in finished[:MOST]:
        try:
            told = _told(os.fsencode(source.path), source.stamp)
            found.append(Published(source.title, told.views, told.suite, _address(source)))
        except HarnessError:
            continue
    return found


def _address(source: Source) -> Callable[[TaskView], str]:
    """Links to the leaderboard page, which is the dashboard's first; an address names what is chosen as it is shown."""
    return lambda view: f"./?{urlencode({'source': source.title, 'task': view.summary.title})}"
