"""The leaderboard of one task: ranked tables with whiskers, every other metric, and what the official sizes cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from harness.report import plots, words
from harness.report.badges import badges
from harness.report.board import Row, TaskView, subset_view
from harness.report.templating import render
from harness.stats.model import FEWEST_CLUSTERS
from harness.store.keys import slug

if TYPE_CHECKING:
    from harness.stats.model import Interval

__all__ = ["ANY_REGION", "Cost", "costs", "leaderboard", "machine", "regions", "subsets"]

ANY_REGION = "any"
CONFIGURATIONS = {"official": "official checkpoint", "random": "official size, random weights (timing only)"}


@dataclass(frozen=True)
class Cost:
    """What one configuration takes on this task: `configuration` says whose size was timed."""

    row: Row
    configuration: str
    seconds: Interval | None
    peak_mb: float | None
    parameters_m: float | None


def subsets(view: TaskView) -> list[str]:
    """ "" and the bins of mask area that the task has, smallest first."""
    names = dict.fromkeys(cell.subset for cell in view.summary.cells)
    bins = [name for name in names if not name or name.startswith("ratio:")]
    return sorted(bins, key=lambda name: float(name.removeprefix("ratio:").split("-")[0]) if name else -1.0)


def regions(view: TaskView) -> list[str]:
    """`ANY_REGION` and the regions that the task's columns are restricted to; "" is the whole picture."""
    return [ANY_REGION, *dict.fromkeys(column.partition("@")[2] for column in view.columns)]


def costs(view: TaskView) -> tuple[list[Cost], list[Cost]]:
    """Timed entries: official sizes and methods without weights first, then mini checkpoints, which stand apart."""
    official, mini = list[Cost](), list[Cost]()
    for row in view.rows:
        if row.seconds is None:
            continue
        told = CONFIGURATIONS.get(row.kind, "this project's small checkpoint" if row.kind == "mini" else row.kind)
        cost = Cost(row, told, row.seconds, row.peak_mb, row.entry["parameters_m"])
        (mini if row.kind in ("mini", "unstated") else official).append(cost)
    return sorted(official, key=_seconds), sorted(mini, key=_seconds)


def _seconds(cost: Cost) -> float:
    return cost.seconds.value if cost.seconds else 0.0


def leaderboard(
    view: TaskView, *, subset: str = "", region: str = ANY_REGION, tiers: Mapping[str, str] | None = None,
    manifest: Mapping[str, Any],
) -> Markup:  # fmt: skip
    """One task's tables.

    Args:
        subset: a bin of `subsets(view)`; its numbers are exploratory and nobody is ranked by them.
        region: only columns of this region stand beside the primary one.
        tiers: by entry, who vouches for its rows.
    """
    shown = _restricted(subset_view(view, subset), region)
    official, mini = costs(view)
    return render(
        "views/leaderboard.html.j2",
        view=shown,
        boards=[(board, plots.whiskers(shown, board)) for board in shown.tables],
        subset=subset,
        info=view.info[view.summary.primary],
        badges=lambda row, task: badges(row, task, (tiers or {}).get(row.reference, "")),
        official=official,
        mini=mini,
        machine=machine(manifest),
        manifest=manifest,
        resolution=words.resolution,
        fewest_clusters=FEWEST_CLUSTERS,
        record_file=lambda entry, task: f"records/{slug(entry)}/{task}.parquet",
    )


def _restricted(view: TaskView, region: str) -> TaskView:
    if region == ANY_REGION:
        return view
    primary, *others = view.columns
    return replace(view, columns=(primary, *(c for c in others if c.partition("@")[2] == region)))


def machine(manifest: Mapping[str, Any]) -> str:
    """`one thread of …`: where seconds and memory were measured."""
    here = manifest["hardware"]
    threads = f", {words.count(here['threads'], 'thread')}" if "threads" in here else ""
    return f"{here.get('accelerator') or here.get('processor', manifest['device'])}{threads}"
