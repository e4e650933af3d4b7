"""Parts of pages that Streamlit does not have: our drawings, the viewer, the mask painter."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["asset", "stylesheet"]


def asset(name: str) -> str:
    """The text of a script or style sheet of ours."""
    return files("harness_dashboard.components").joinpath("assets", name).read_text(encoding="utf-8")


def stylesheet(*own: str) -> str:
    """The report's style, for a part in a page's shadow root, then style sheets of the component itself."""
    templates = files("harness.report").joinpath("templates")
    shared = [templates.joinpath(name).read_text(encoding="utf-8") for name in ("theme.css", "report.css")]
    return "\n".join([*shared, *map(asset, ("part.css", *own))])
