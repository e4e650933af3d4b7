"""The picture viewer and the thumbnails to choose a sample by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st

from harness_dashboard.components import stylesheet
from harness_dashboard.components.fragment import script

__all__ = ["thumbnails", "viewer"]


@cache
def _viewer() -> Any:
    templates = files("harness.report").joinpath("templates")
    style, code = (templates.joinpath(f"viewer.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return st.components.v2.component("harness.viewer", css=stylesheet() + style, js=f"{code}\n{script('viewer.js')}")


@cache
def _thumbnails() -> Any:
    return st.components.v2.component("harness.thumbs", css=stylesheet("thumbs.css"), js=script("thumbs.js"))


def viewer(data: Mapping[str, Any], look: str, key: str, on_look: Callable[[str], None]) -> None:
    """Show what `harness.report.gallery.viewer_data` made; `on_look` is told when a reader changes how it looks."""
    _viewer()(
        data={**data, "look": look}, key=key, on_look_change=lambda: on_look(str(st.session_state[key].get("look")))
    )


def thumbnails(items: Sequence[Mapping[str, str]], chosen: str, key: str, on_pick: Callable[[str], None]) -> None:
    """A grid of {sample, title, value, thumb}; `on_pick` is told which sample was clicked."""

    def picked() -> None:
        if (sample := st.session_state[key].get("picked")) is not None:
            on_pick(str(sample))

    _thumbnails()(data={"items": [dict(item) for item in items], "chosen": chosen}, key=key, on_picked_change=picked)
