"""Our own drawings (tables with whiskers, plots, cards) inside a Streamlit page."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st
from markupsafe import Markup

from harness_dashboard.components import asset, stylesheet

__all__ = ["fragment", "heading", "script", "sendable"]


def script(*names: str) -> str:
    """A component's script, of one file or several, with what all components share before it."""
    *shared, own = ("part.js", *names)
    return "".join(asset(name).replace("export function", "function") for name in shared) + asset(own)


@cache
def _component() -> Any:
    return st.components.v2.component("harness.fragment", css=stylesheet(), js=script("inert.js", "fragment.js"))


def fragment(html: Markup, key: str) -> None:
    """Show what a view of `harness.report.views` rendered.

    Only `Markup` is taken: text that nobody escaped cannot get here by mistake. In the browser whatever could act or
    ask for something outside is removed once more (`assets/inert.js`).
    """
    if not isinstance(html, Markup):
        raise TypeError(f"a fragment is Markup, made by a template that escapes, not {type(html).__name__}")
    _component()(data=sendable(str(html)), key=key)


def sendable(text: str) -> str:
    """A text as a browser can be sent it: a lone surrogate, which JSON and names of files may hold, is escaped."""
    return text.encode("utf-8", "backslashreplace").decode()


def heading(text: str, level: int = 1) -> Markup:
    """A heading that comes from data: `st.title` and `st.subheader` would read it as Markdown."""
    return Markup("<h{0}>{1}</h{0}>").format(level, text)
