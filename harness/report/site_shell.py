"""What every page of a static site shares: frame, navigation, policy, and parts of which a script shows one."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from harness.report.templating import environment, render

__all__ = ["Facet", "Part", "address", "choosing", "page"]


@dataclass(frozen=True)
class Facet:
    """Something to choose by: its key in the address, its label, and options (value, what is shown)."""

    key: str
    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """What is shown for one choice: a value of each facet, a heading, and the view."""

    values: tuple[str, ...]
    heading: str
    html: Markup


def address(name: str, **chosen: str) -> str:
    """A relative link to a page with something chosen; what is chosen stands behind `#`, which no server sees."""
    return f"{name}#{urlencode(chosen)}"


def choosing(facets: Sequence[Facet], parts: Sequence[Part], *, regions: bool = False) -> Markup:
    """The parts behind lists to choose from. The first stands in the page, also for who runs no scripts.

    Args:
        regions: whether columns of other metrics can be restricted to a region (`name@region`).
    """
    return render("site/choosing.html.j2", facets=facets, parts=parts, regions=regions)


def page(
    name: str, body: Markup, *, pages: Mapping[str, str], site: str, made: str, data: Any = None,
    scripts: Sequence[str] = ("site/site.js",), styles: Sequence[str] = (),
) -> bytes:  # fmt: skip
    """A whole page. Its one script runs because the page's policy names its hash, and nothing else does.

    Args:
        pages: file name and title of every page, for the navigation.
        site, made: the site's title, and a line about what it was made of.
        data: what the script reads, as JSON, None for nothing.
    """
    script = "\n".join(_source(file) for file in scripts)
    text = render(
        "site/page.html.j2",
        name=name,
        title=pages[name],
        pages=pages,
        site=site,
        made=made,
        body=body,
        styles=[Markup(_source(file)) for file in styles],
        # `<` escaped, so that no value can end the element that holds it
        data=None if data is None else Markup(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return text.encode()


def _source(file: str) -> str:
    """A script or style of ours, as it is."""
    loader = environment().loader
    assert loader is not None
    return loader.get_source(environment(), file)[0]
