"""The two pictures of a blind trial, and the answer that comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import streamlit as st

from harness_dashboard.components import stylesheet
from harness_dashboard.components.fragment import script

__all__ = ["Given", "ask", "given"]


@dataclass(frozen=True)
class Given:
    """An answer as a browser told it: nothing of it is trusted before the store has checked it."""

    token: str
    choice: str
    seconds: float
    zoom: float
    panned: bool


@cache
def _component() -> Any:
    return st.components.v2.component("harness.blind", css=stylesheet("blind.css"), js=script("blind.js"))


def ask(
    question: str, token: str, pictures: Mapping[str, str], centre: tuple[int, int], *, done: int,
    total: int, attempt: int, key: str, on_answer: Callable[[], None],
) -> None:  # fmt: skip
    """Show a trial. The browser learns its token and pixels, and no name.

    Args:
        question: what is asked of the two.
        token: of the trial.
        pictures: `left`, `right` and perhaps `truth`: data URIs of lossless PNGs of one size.
        centre: (x, y), where the window stands first.
        attempt: another number asks the same trial again, after an answer that could not be stored.
        on_answer: called before the page is drawn again; `given(key)` is the answer then.
    """
    state = {"x": centre[0], "y": centre[1], "done": done, "total": total, "attempt": attempt}
    _component()(data={"question": question, "token": token, **pictures, **state}, key=key, on_answer_change=on_answer)


def given(key: str) -> Given | None:
    """The answer that just came; None where what came is none."""
    told = st.session_state[key].get("answer")
    try:
        return Given(
            str(told["token"]), str(told["choice"]), float(told["seconds"]), float(told["zoom"]), told["panned"] is True
        )
    except (KeyError, TypeError, ValueError):
        return None
