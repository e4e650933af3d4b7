"""Entries of what is open against each other: contests with the scores that they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from harness.errors import UnknownName
from harness.report.board import COLOURS
from harness.report.sheet import Cell, Sheet
from harness.report.versus import comparison_sheet
from harness.stats.caveats import caveats
from harness.stats.compare import PairedScores, Pairing, Party, contests, paired_scores
from harness.stats.contests import Comparison, Contest

if TYPE_CHECKING:
    from harness.report.board import Row
    from harness.report.opened import Opened
    from harness.stats.contests import Side

__all__ = ["Duel", "contests_of", "differences_sheet", "duel_across", "duels_sheet"]

APART = ("mini", "unstated")
"""Kinds of weights whose seconds say nothing about a paper's network, nor are comparable with its."""

MANY = 2_000
"""ours: clusters above which nothing is drawn at random any more: the limits differ by less than what is shown, and
30,000 clusters would take a minute a pair."""


@dataclass(frozen=True)
class Duel:
    """B judged against A, with the scores of the primary metric sample by sample."""

    contest: Contest
    scores: PairedScores
    a: Row
    b: Row


def contests_of(opened: Opened, task: str, references: Sequence[str]) -> tuple[Duel, ...]:
    """Every pair of the entries: the one named earlier is B, judged against A, the one named later.

    Primary metrics of all pairs are one family (Holm). Seconds and memory are compared only within official
    configurations and methods without weights, or within small checkpoints. Above `MANY` clusters intervals and p are
    the limits that resampling approaches.

    Raises `UnknownName` for an entry that the task does not have, and for one of random weights: what those output is
    no result.
    """
    view = opened.views[task]
    rows = {row.reference: row for row in view.judged}
    for reference in references:
        if reference not in rows:
            raise UnknownName(f"entry with results on {task}", reference, list(rows), "", listed=True)
    parties = {name: _party(opened, view.task, rows[name]) for name in references}
    pairs = [(rows[a], rows[b]) for b, a in combinations(references, 2)]
    many = any(party.records["cluster"].nunique() > MANY for party in parties.values() if len(party.records))
    told = [f"more than {MANY:,} clusters: intervals and p are the limits that resampling approaches"] if many else []
    pairings = [_pairing(view.task, a, b, parties[a.reference], parties[b.reference], told) for a, b in pairs]
    found = zip(contests(pairings, limit=many), pairings, pairs, strict=True)
    return tuple(Duel(contest, paired_scores(pairing), a, b) for contest, pairing, (a, b) in found)


def duel_across(contest: Contest, a: Opened, b: Opened, names: tuple[str, str]) -> Duel:
    """A contest of entries of two runs, as `harness.comparison.compare` gives it, with its scores.

    Args:
        names: what the runs are called, added to the titles: both may have an entry of one name.
    """
    task = contest.task
    of_a, of_b = (_named(*one) for one in ((a, contest.a, names[0]), (b, contest.b, names[1])))
    if of_a.colour == of_b.colour:
        of_b = replace(of_b, colour=(of_b.colour + 1) % COLOURS)
    described = a.views[task].task
    parties = (_party(a, described, of_a), _party(b, b.views[task].task, of_b))
    apart = _apart(of_a, of_b)
    told = replace(
        contest,
        a=replace(contest.a, title=of_a.title),
        b=replace(contest.b, title=of_b.title),
        costs=() if apart else contest.costs,
        notes=(*contest.notes, *apart),
    )
    return Duel(told, paired_scores(Pairing(described, *parties)), of_a, of_b)


def _named(opened: Opened, side: Side, name: str) -> Row:
    rows = (row for view in opened.views.values() for row in view.judged)
    row = next(row for row in rows if row.reference == side.entry)
    return replace(row, entry={**row.entry, "title": f"{row.title} · {name}"})


def _party(opened: Opened, task: Mapping[str, Any], row: Row) -> Party:
    return Party(str(opened.run.path), row.entry, opened.rows(row.reference, task["id"]), task["samples"])


def _pairing(task: Mapping[str, Any], a: Row, b: Row, of_a: Party, of_b: Party, told: Sequence[str]) -> Pairing:
    others = [c for c in task["metrics"] if c != task["primary"] and task["metrics_info"][c]["kind"] == "sample"]
    apart = _apart(a, b)
    return Pairing(task, of_a, of_b, others, not apart, (*caveats(task["primary"], of_a, of_b), *apart, *told))


def _apart(a: Row, b: Row) -> list[str]:
    """Why the costs of two entries are not compared; nothing where they are."""
    if (a.kind in APART) == (b.kind in APART):
        return []
    whose = "A" if a.kind in APART else "B"
    kind = "as a small checkpoint" if "mini" in (a.kind, b.kind) else "elsewhere, if at all"
    return [f"seconds and memory are not compared: {whose} was timed {kind}"]


def duels_sheet(duels: Sequence[Duel]) -> Sheet:
    """Every column of every pair: what decides, what is exploratory, what it costs."""
    return comparison_sheet(Comparison("", "", None, tuple(duel.contest for duel in duels), ()))


def differences_sheet(duels: Sequence[Duel]) -> Sheet:
    """One row a pair and sample: both scores of the primary metric, and B − A."""
    rows: list[tuple[Cell, ...]] = []
    for duel in duels:
        contest, of = duel.contest, duel.scores
        for sample, cluster, a, b in zip(of.samples, of.clusters, of.a.tolist(), of.b.tolist(), strict=True):
            names = (contest.task, contest.a.entry, contest.b.entry, contest.primary.metric, str(sample), str(cluster))
            rows.append((*names, a, b, b - a))
    return Sheet(("task", "entry_a", "entry_b", "metric", "sample", "cluster", "a", "b", "difference"), tuple(rows))
