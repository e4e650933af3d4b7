"""Who is ranked, in which table, at which place, and who stays below the floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.specs import RANKABLE_SOURCES
from harness.stats.clusters import Floats
from harness.stats.floors import (
    FloorEntries,
    below_floor,
    below_floor_by_bar,
    below_floor_of_table,
    floor_bar,
    why_not_judged,
)
from harness.stats.model import BarResult, PairTest, Standing
from harness.stats.pairs import pair_tests, tests_of, typical_detectable
from harness.stats.ranks import Place, places
from harness.stats.reduced import Reduced, differences, reduced_by
from harness.stats.table import TaskTable

__all__ = ["Ranking", "rank_task"]

TABLE_ORDER = ("", "official", "mini", "unstated", "random")


@dataclass(frozen=True)
class Ranking:
    """The comparison of a task's entries by its primary metric."""

    standings: tuple[Standing, ...]
    pairs: tuple[PairTest, ...]
    bars: tuple[BarResult, ...]
    detectable: float | None


@dataclass(frozen=True)
class _Roster:
    """By reference: kind of learned weights ("" for none), tags, why an entry is not ranked ("" if it is), and whether
    it may have seen the truth."""

    kinds: Mapping[str, str]
    tags: Mapping[str, Sequence[str]]
    why_unranked: Mapping[str, str]
    leaks: Mapping[str, str]

    @property
    def ranked(self) -> tuple[str, ...]:
        return tuple(name for name, why in self.why_unranked.items() if not why)

    def tables(self) -> tuple[str, ...]:
        """Tables to show: one a kind of learned weights, or one without where nobody learned anything."""
        learned = {kind for kind in self.kinds.values() if kind}
        shown = learned if learned - {"random"} else learned | {""}
        return tuple(kind for kind in TABLE_ORDER if kind in shown)

    def members(self, kind: str) -> tuple[str, ...]:
        """Entries of a table: those of its kind and, random apart, all that learned nothing (the floors)."""
        beside = {kind} if kind == "random" else {kind, ""}
        return tuple(name for name, own in self.kinds.items() if own in beside)

    def meet(self, a: str, b: str) -> bool:
        """Whether two entries stand in one table."""
        return self.kinds[a] == self.kinds[b] or "" in (self.kinds[a], self.kinds[b])


def rank_task(
    task: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], table: TaskTable, seed: int,
    aggregates: pd.DataFrame | None = None,
) -> Ranking:  # fmt: skip
    """Rank the entries of a task (both as in the manifest) on their common samples.

    A primary metric that is one number a table ranks by `aggregates` (`harness.stats.reduced`).
    """
    primary = task["primary"]
    if task["metrics_info"][primary]["kind"] == "table":
        return _rank_by_table(task, entries, table, reduced_by(aggregates, task["id"], primary))
    all_scores = table.scores(primary)
    rows = table.defined(all_scores)
    scores, labels = all_scores[rows], table.labels[rows]
    roster = _roster(task, entries, table, scores)
    places_of = {name: k for k, name in enumerate(table.entries)}
    pairs = [
        (places_of[a], places_of[b])
        for k, a in enumerate(roster.ranked)
        for b in roster.ranked[k + 1 :]
        if roster.meet(a, b)
    ]
    up = bool(task["metrics_info"][primary]["higher_is_better"])
    tests = pair_tests(
        scores,
        labels,
        pairs,
        task=task["id"],
        metric=primary,
        names=table.entries,
        higher_is_better=up,
        seed=seed,
    )
    goodness = {name: (1 if up else -1) * float(scores[:, places_of[name]].mean()) for name in roster.ranked}
    floors = FloorEntries.of(roster.tags, roster.ranked)
    not_judged = why_not_judged(floors, len(np.unique(labels)), task.get("bar", ""), task.get("floors", ()))
    bars: tuple[BarResult, ...] = ()
    if not_judged:
        marks = {name: not_judged for name in roster.ranked if name not in floors.all}
    else:
        bars = _bars(task, roster, floors, table)
        marks = _marks(task, roster, floors, table, bars)
    standings = [standing for kind in roster.tables() for standing in _standings(kind, roster, goodness, tests, marks)]
    return Ranking(tuple(standings), tests, bars, typical_detectable(scores, labels, pairs))


def _rank_by_table(
    task: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], table: TaskTable, reduced: Mapping[str, Reduced]
) -> Ranking:
    """By values whose replicates met the same resamples; floors are judged by interval."""
    info = task["metrics_info"][task["primary"]]
    values = np.array([[reduced[name].value if name in reduced else np.nan for name in table.entries]])
    roster = _roster(task, entries, table, values)
    up = bool(info["higher_is_better"])
    pairs = [(a, b) for k, a in enumerate(roster.ranked) for b in roster.ranked[k + 1 :] if roster.meet(a, b)]
    family = differences(reduced, pairs)
    tests = tests_of(family, pairs, task=task["id"], metric=task["primary"], higher_is_better=up)
    goodness = {name: (1 if up else -1) * reduced[name].value for name in roster.ranked}
    floors = FloorEntries.of(roster.tags, roster.ranked)
    marks = {
        name: below_floor_of_table(name, floors, reduced, info)
        for name in roster.ranked
        if floors.all and name not in floors.all
    }
    standings = [standing for kind in roster.tables() for standing in _standings(kind, roster, goodness, tests, marks)]
    return Ranking(tuple(standings), tests, (), None)


def _roster(task: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], table: TaskTable, scores: Floats) -> _Roster:
    """`scores` [n, E]: the primary metric on the samples to compare."""
    finite = dict(zip(table.entries, np.isfinite(scores).sum(axis=0).tolist(), strict=True))
    never = _never_ranks(task, len(np.unique(table.labels[table.common])))
    names = [entry["reference"] for entry in entries]
    return _Roster(
        kinds={entry["reference"]: entry["weights"]["kind"] if entry["weights"] else "" for entry in entries},
        tags={entry["reference"]: entry["tags"] for entry in entries},
        why_unranked={
            name: never
            or _why_unranked(entry, task["primary"], table.left_out.get(name, ""), finite[name], len(scores))
            for name, entry in zip(names, entries, strict=True)
        },
        leaks={entry["reference"]: entry.get("leak", "") for entry in entries},  # older runs have none
    )


def _never_ranks(task: Mapping[str, Any], sources: int) -> str:
    """Why the primary metric ranks nobody at all; "" where it ranks."""
    primary = task["primary"]
    info = task["metrics_info"][primary]
    if info["kind"] == "set" and sources < RANKABLE_SOURCES:
        return f"{primary} is diagnostic below {RANKABLE_SOURCES} sources, and here are {sources}"
    if info["kind"] == "set":
        return f"{primary} is one number a set of outputs: no pair of entries can be tested by it"
    return f"{primary} is diagnostic" if info.get("diagnostic") else ""


def _why_unranked(entry: Mapping[str, Any], primary: str, left_out: str, scored: int, n: int) -> str:
    """`scored` of the `n` samples to compare have a finite primary score; nobody is ranked on fewer than all."""
    if entry["weights"] and entry["weights"]["kind"] == "random":
        return "random weights"
    if "oracle" in entry["tags"]:
        return "oracle: given what the others must find"
    metric = primary.split("@", maxsplit=1)[0]
    if metric in entry["optimises"]:
        return f"optimises {metric}"
    if left_out:
        return left_out
    if 0 < scored < n:
        return f"{primary} on only {scored} of {n} common samples"
    return "" if scored else f"{primary} not measured on common samples"


def _bars(task: Mapping[str, Any], roster: _Roster, floors: FloorEntries, table: TaskTable) -> tuple[BarResult, ...]:
    """One bar for each ranked learned entry, where the task has a bar and the run has floors."""
    kind = task.get("bar")
    if not kind or not floors.all:
        return ()
    learned = [name for name in roster.ranked if roster.kinds[name]]
    info = task["metrics_info"]
    return tuple(floor_bar(kind, name, task=task["id"], floors=floors, table=table, info=info) for name in learned)


def _marks(
    task: Mapping[str, Any], roster: _Roster, floors: FloorEntries, table: TaskTable, bars: Sequence[BarResult]
) -> dict[str, str]:
    """`below_floor` words of each ranked entry that is no floor: by its bar if it has one, else by primary."""
    marks = {bar.entry: below_floor_by_bar(bar) for bar in bars}
    info = task["metrics_info"][task["primary"]]
    others = [name for name in roster.ranked if floors.all and name not in floors.all and name not in marks]
    return marks | {name: below_floor(name, floors, table, task["primary"], info) for name in others}


def _standings(
    kind: str,
    roster: _Roster,
    goodness: Mapping[str, float],
    tests: Sequence[PairTest],
    marks: Mapping[str, str],
) -> list[Standing]:
    """Standings of one table: ranked entries from best to worst, then the others in the manifest's order."""
    members = roster.members(kind)
    ranked = [name for name in members if not roster.why_unranked[name]]
    beats = np.zeros((len(ranked), len(ranked)), dtype=bool)
    for test in tests:
        if test.a in ranked and test.b in ranked:
            a, b = ranked.index(test.a), ranked.index(test.b)
            beats[a, b], beats[b, a] = test.verdict == "better", test.verdict == "worse"
    found: dict[str, Place] = dict(
        zip(ranked, places(np.array([goodness[name] for name in ranked]), beats), strict=True)
    )
    standings = []
    for name in sorted(ranked, key=lambda name: -goodness[name]):
        place = found[name]
        mark = marks.get(name, "")
        standings.append(
            Standing(name, place.rank, place.low, place.high, place.group, True, "", mark, kind, roster.leaks[name])
        )
    for name in members:
        if why := roster.why_unranked[name]:
            standings.append(Standing(name, None, None, None, "", False, why, "", kind, roster.leaks[name]))
    return standings
