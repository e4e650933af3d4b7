"""Widgets whose value stands in the address, so that a link holds the whole state of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, NoReturn

import streamlit as st

from harness.errors import HarnessError
from harness.report.board import TaskView
from harness.report.opened import Opened
from harness_dashboard.catalogue import Catalogue, Source
from harness_dashboard.components.fragment import sendable

__all__ = ["BIND", "choose", "choose_several", "choose_source", "choose_task", "stop_at", "switch"]

BIND: Literal["query-params"] = "query-params"


def choose(
    label: str, options: Sequence[str], key: str, *, default: str | None = None, help: str | None = None,
    shown: Callable[[str], str] = str,
) -> str:  # fmt: skip
    """One of `options`, in the address as `key=…`."""
    index = options.index(default) if default in options else 0
    told = _apart(options, shown)
    chosen = st.selectbox(label, options, index=index, key=key, bind=BIND, format_func=told, help=help)
    return str(chosen)


def choose_several(
    label: str, options: Sequence[str], key: str, *, default: Sequence[str] = (), help: str | None = None,
    shown: Callable[[str], str] = str, most: int | None = None,
) -> list[str]:  # fmt: skip
    """Some of `options`, in the address as `key=…`."""
    start = [name for name in default if name in options]
    return list(
        st.multiselect(
            label, options, default=start, key=key, bind=BIND, format_func=_apart(options, shown), help=help,
            max_selections=most,
        )
    )  # fmt: skip


def _apart(options: Sequence[str], shown: Callable[[str], str]) -> Callable[[str], str]:
    """What is shown of an option, with the option itself where two would look alike: an address names what is shown.

    Half a pair of a surrogate, which JSON may hold and no browser can be sent, is escaped.
    """
    times = Counter(map(shown, options))

    def told(option: str) -> str:
        text = shown(option)
        return sendable(f"{text} ({option})" if times[text] > 1 else text)

    return told


def switch(label: str, key: str, *, default: bool = False, help: str | None = None) -> bool:
    """On or off, in the address as `key=…`."""
    return bool(st.toggle(label, value=default, key=key, bind=BIND, help=help))


def choose_source(catalogue: Catalogue) -> tuple[Source, Opened]:
    """The board or run that a page is about; where there is none, says what to do and ends the page."""
    sources = catalogue.sources
    if not sources:
        st.info("Nothing to show yet.", icon=":material/inbox:")
        st.markdown("Make a run of six photographs in twenty seconds, then reload this page:")
        st.code("harness run --suite demo", language="sh")
        st.stop()
    name = choose("Board or run", list(sources), "source", shown=lambda name: sources[name].title)
    source = sources[name]
    try:
        opened = catalogue.open(source)
        _ = opened.views
    except HarnessError as error:
        stop_at(source, error)
    return source, opened


def stop_at(source: Source, error: HarnessError) -> NoReturn:
    """Say what cannot be read of a source and what to do, and end the page."""
    st.error("This folder cannot be read.", icon=":material/error:")
    st.code(str(error), language=None, wrap_lines=True)
    st.markdown("Say what is wrong with it, part by part:")
    st.code(f"harness verify {source.word}", language="sh")
    st.stop()


def choose_task(opened: Opened) -> TaskView:
    """A task of what is open; where it has none yet, says so and ends the page."""
    views = opened.views
    if not views:
        st.info("This run has no finished task yet. The page Runs shows how far it is.", icon=":material/hourglass:")
        st.stop()
    name = choose("Task", list(views), "task", shown=lambda name: views[name].summary.title)
    return views[name]
