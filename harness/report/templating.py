"""The one Jinja environment: every value escaped, every unknown name an error."""

from __future__ import annotations

import math
import re
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.report import words

__all__ = ["environment", "render"]

TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


@cache
def environment() -> Environment:
    """Templates of `harness/report/templates` with our filters."""
    made = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_upright,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    named = (words.interval, words.leak, words.number, words.seconds, words.shorten)
    made.filters.update({function.__name__: function for function in named})
    made.filters.update(counted=words.count, when=_when, finite=_finite, signed=words.signed)
    return made


def render(template: str, **values: Any) -> Markup:
    """A template filled in; what is not `Markup` is escaped."""
    return Markup(environment().get_template(template).render(**values))


def _upright(value: Any) -> Any:
    """A text whose marks that turn what follows around are shown, not obeyed: `RLO` in a name would mirror its line."""
    if not isinstance(value, str) or isinstance(value, Markup) or not TURNING.search(value):
        return value
    return TURNING.sub(lambda mark: f"\\u{ord(mark[0]):04x}", value)


def _when(stamp: str | None) -> str:
    """`22 November 2026, 22:00 UTC` of an ISO time stamp; a dash for none."""
    if not stamp:
        return words.NOTHING
    moment = datetime.fromisoformat(stamp)
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".rstrip()


def _finite(value: float) -> str:
    """A number for a script to sort by; empty for NaN."""
    return f"{value:.6g}" if math.isfinite(value) else ""
