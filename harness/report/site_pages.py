"""The pages of a static site: the dashboard's views, rendered once for every choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from harness.report.board import TaskView
from harness.report.cards import MethodCard, Published, SuiteCard
from harness.report.curved import rounds_of
from harness.report.fronts import COSTS
from harness.report.opened import Opened
from harness.report.paired import Duel, contests_of
from harness.report.site_shell import Facet, Part, address, choosing
from harness.report.templating import render
from harness.report.views.compare import compare
from harness.report.views.curves import curves
from harness.report.views.leaderboard import leaderboard, machine, subsets
from harness.report.views.methods import methods
from harness.report.views.pareto import pareto
from harness.report.views.resolution import seconds_by_size
from harness.report.views.runs import RunLine, manifest, progress, runs_table
from harness.report.views.suites import suites
from harness.store.timings import Timings
from harness.store.watching import Watch

__all__ = [
    "Contest", "Shown", "about_methods", "about_runs", "about_suites", "boards", "contests", "fronts", "lines", "pairs",
    "published", "subset_title",
]  # fmt: skip

MOST_COMPARED = 6
"""ours: as on the dashboard; their fifteen pairs still fit a page."""


@dataclass(frozen=True)
class Shown:
    """A run or board of the site: `name` tells it from the others in an address, `title` is what a reader sees."""

    name: str
    title: str
    opened: Opened


@dataclass(frozen=True)
class Contest:
    """One task of one run: `key` stands in the address, `title` in the list of tasks."""

    key: str
    title: str
    run: Shown
    view: TaskView


def contests(runs: Sequence[Shown]) -> list[Contest]:
    """Every task of every run; with one run the task's id is its address."""
    several = len(runs) > 1
    return [
        Contest(
            key=f"{run.name}/{name}" if several else name,
            title=f"{run.title}: {view.summary.title}" if several else view.summary.title,
            run=run,
            view=view,
        )
        for run in runs
        for name, view in run.opened.views.items()
    ]


def published(tasks: Sequence[Contest]) -> list[Published]:
    """The runs as cards point to them."""
    keys = {(one.run.name, one.view.summary.task): one.key for one in tasks}

    def link(run: Shown, view: TaskView) -> str:
        return address("index.html", task=keys[run.name, view.summary.task])

    runs = {one.run.name: one.run for one in tasks}.values()
    return [Published(run.title, run.opened.views, run.opened.manifest["suite"], partial(link, run)) for run in runs]


def _facet(tasks: Sequence[Contest]) -> Facet:
    return Facet("task", "Task", tuple((one.key, one.title) for one in tasks))


def subset_title(subset: str) -> str:
    """`ratio:0.1-0.2` as a reader would say it; "" is every size."""
    if not subset:
        return "all"
    low, high = (100 * float(edge) for edge in subset.removeprefix("ratio:").split("-"))
    return f"{low:g}–{high:g} % of the picture"


def boards(tasks: Sequence[Contest]) -> Markup:
    """The leaderboard of every task and bin of hole area."""

    def parts() -> Iterator[Part]:
        for one in tasks:
            opened = one.run.opened
            for subset in subsets(one.view):
                html = leaderboard(one.view, subset=subset, tiers=opened.tiers, manifest=opened.manifest)
                yield Part((one.key, subset), one.view.summary.title, html)

    bins = dict.fromkeys(subset for one in tasks for subset in subsets(one.view))
    sizes = Facet("bin", "Size of the hole", tuple((subset, subset_title(subset)) for subset in bins))
    return choosing([_facet(tasks), sizes], list(parts()), regions=True)


def pairs(tasks: Sequence[Contest], kept: Mapping[str, frozenset[str]]) -> Markup:
    """The best entries of every task, pair by pair. `kept` are the samples that the site has pictures of, by task."""
    parts = []
    for one in tasks:
        entries = [row.reference for row in one.view.judged][:MOST_COMPARED]
        if len(entries) < 2:
            html = render("site/nothing.html.j2", why="There are not two entries with results on this task.")
        else:
            duels = contests_of(one.run.opened, one.view.summary.task, entries)
            html = compare(one.view, duels, link=partial(_sample, one, kept.get(one.key, frozenset())))
        parts.append(Part((one.key,), one.view.summary.title, html))
    return choosing([_facet(tasks)], parts)


def _sample(one: Contest, kept: frozenset[str], sample: str, duel: Duel) -> str:
    """Where a sample's pictures are, both entries chosen; the page itself where the site has none of it."""
    chosen = {"sample": sample, "entries": f"{duel.b.reference}|{duel.a.reference}"} if sample in kept else {}
    return address("samples.html", task=one.key, **chosen)


def fronts(tasks: Sequence[Contest]) -> Markup:
    """Quality against each cost."""
    costs = Facet("cost", "Cost", tuple((cost, cost) for cost in COSTS))
    parts = [
        Part((one.key, cost), one.view.summary.title, pareto(one.view, cost, machine=machine(one.run.opened.manifest)))
        for one in tasks
        for cost in COSTS
    ]
    return choosing([_facet(tasks), costs], parts)


def lines(tasks: Sequence[Contest], timings: Sequence[Timings]) -> Markup:
    """Curves of every task and metric, then seconds by size of the picture, which are of no task."""

    def parts() -> Iterator[Part]:
        for one in tasks:
            aggregates, records = one.run.opened.aggregates, rounds_of(one.run.opened, one.view)
            for column in one.view.columns:
                html = curves(one.view, column, aggregates=aggregates, records=records)
                yield Part((one.key, column), one.view.summary.title, html)

    columns = dict.fromkeys(column for one in tasks for column in one.view.columns)
    metrics = Facet("metric", "Metric", tuple((column, column) for column in columns))
    return render(
        "site/curves.html.j2",
        of_tasks=choosing([_facet(tasks), metrics], list(parts())),
        by_size=seconds_by_size(timings),
    )


def about_methods(cards: Sequence[MethodCard]) -> Markup:
    """Cards of methods with a filter that needs no server."""
    found = sorted({name for card in cards for name in card.spec.capabilities})
    return render("site/methods.html.j2", cards=methods(cards), capabilities=found, total=len(cards))


def about_suites(cards: Sequence[SuiteCard]) -> Markup:
    """Cards of suites."""
    return suites(cards)


def about_runs(runs: Sequence[Shown]) -> Markup:
    """The runs in a table, then each one's manifest."""
    looks = {run.name: Watch(run.opened.run.path).look() for run in runs}
    lines = [
        RunLine(run.title, "run", f"#run-{number}", run.opened.manifest, looks[run.name])
        for number, run in enumerate(runs)
    ]
    told = []
    for run in runs:
        titles = {entry["reference"]: entry["title"] for entry in run.opened.manifest["entries"]}
        look = looks[run.name]
        state = progress(look, titles) if look.state != "complete" else Markup()
        told.append((run.title, state, manifest(run.opened.manifest, run.opened.run.path.name)))
    return render("site/runs.html.j2", table=runs_table(lines), told=told)
