"""Our own drawings (tables with whiskers, plots, cards) inside a Streamlit page."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st
from markupsafe import Markup

from harness_dashboard.components import asset, stylesheet

__all__ = ["fragment", "script"]


def script(name: str) -> str:
    """A component's script with what all components share before it."""
    return asset("part.js").replace("export function", "function") + asset(name)


@cache
def _component() -> Any:
    return st.components.v2.component("harness.fragment", css=stylesheet(), js=script("fragment.js"))


def fragment(html: Markup, key: str) -> None:
    """Show what a view of `harness.report.views` rendered.

    Only `Markup` is taken: text that nobody escaped cannot get here by mistake. In the browser scripts, handlers,
    frames and addresses outside are removed once more.
    """
    if not isinstance(html, Markup):
        raise TypeError(f"a fragment is Markup, made by a template that escapes, not {type(html).__name__}")
    _component()(data=str(html), key=key)
