"""Which pages there are. Streamlit is imported when a page is opened, not here."""

from __future__ import annotations

from harness.specs import PageSpec

__all__ = ["PAGES"]

RESULTS, JUDGE, ABOUT = "Results", "Look for yourself", "What stands behind"


def _page(name: str, title: str, section: str, icon: str, summary: str) -> PageSpec:
    module = name.replace("-", "_")
    return PageSpec(name, f"harness_dashboard.pages.{module}:page", "1", title, summary, section, icon)


PAGES = (
    _page("leaderboard", "Leaderboard", RESULTS, "leaderboard", "Who is best at a task, and whether that can be told."),
    _page("compare", "Compare", RESULTS, "difference", "Paired differences of two or more entries."),
    _page("samples", "Samples", RESULTS, "photo_library", "Outputs beside truths, at 1:1, with errors and scores."),
    _page("curves", "Curves", RESULTS, "show_chart", "Quality against hole size, discarded share, rounds, resolution."),
    _page("pareto", "Pareto", RESULTS, "scatter_plot", "Quality against seconds, memory and parameters."),
    _page("blind", "Blind 2AFC", JUDGE, "visibility_off", "Which of two do you prefer, not knowing whose they are?"),
    _page("annotate", "Annotate", JUDGE, "brush", "Mark artifacts in fills, in two rounds."),
    _page("try-it", "Try it", JUDGE, "play_circle", "Run a method of this machine on your own picture."),
    _page("methods", "Methods", ABOUT, "neurology", "Cards: paper, licence, weights, what is ours."),
    _page("suites", "Suites", ABOUT, "checklist", "Cards: tasks, data, masks, metrics, protocol."),
    _page("runs", "Runs", ABOUT, "history", "Manifests, what differs between two, progress, how to go on."),
)
