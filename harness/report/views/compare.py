"""Two or more entries of one task, pair by pair: differences with intervals, who wins where, and at what cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.report import verdicts
from harness.report.pairs_svg import MOST_DOTS, difference_plot, forest
from harness.report.templating import render
from harness.report.words import MIRRORED, number, signed
from harness.stats.model import TABLE_HEADINGS, PairTest

if TYPE_CHECKING:
    from harness.report.board import Row, TaskView
    from harness.report.paired import Duel
    from harness.stats.contests import Contest

__all__ = ["Extreme", "compare", "extremes", "heading", "pair_test"]

EXTREMES = 4
"""Samples shown at each end."""


@dataclass(frozen=True)
class Extreme:
    """A sample on which one of the two does much better: both scores and B − A, as shown."""

    sample: str
    a: str
    b: str
    diff: str


def compare(view: TaskView, duels: Sequence[Duel], *, link: Callable[[str, Duel], str] | None = None) -> Markup:
    """All that is known of the pairs.

    Args:
        view: of the task.
        duels: of `harness.report.paired.contests_of`; at least one.
        link: the address at which a sample of a pair can be looked at; None where there is none.
    """
    rows = list({row.reference: row for duel in duels for row in (duel.b, duel.a)}.values())
    return render(
        "views/compare.html.j2",
        view=view,
        info=view.info[view.summary.primary],
        heading=heading(rows),
        rows=rows,
        duels=duels,
        forest=forest(duels),
        pair=lambda a, b: _pair(duels, a, b),
        extremes=extremes,
        plot=difference_plot,
        most_dots=MOST_DOTS,
        outcome=_outcome,
        words=verdicts,
        link=link,
    )


def heading(rows: Sequence[Row]) -> str:
    """What must stand above entries of these kinds of weights; "" for official ones and methods without weights."""
    kinds = list(dict.fromkeys(row.kind for row in rows if row.kind))
    if len(kinds) > 1:
        return f"entries of {len(kinds)} tables ({', '.join(kinds)}), which are never ranked together"
    return TABLE_HEADINGS[kinds[0]] if kinds and kinds[0] != "official" else ""


def extremes(duel: Duel, *, best: bool) -> list[Extreme]:
    """Samples on which B wins most (or loses most), the largest difference first; ties and the other way left out."""
    of, effect = duel.scores, duel.contest.primary
    sign = 1 if best == bool(effect.higher_is_better) else -1
    gains = sign * (of.b - of.a)
    order = [int(k) for k in (-gains).argsort(kind="stable")[:EXTREMES] if gains[k] > 0]
    return [
        Extreme(
            str(of.samples[k]),
            number(float(of.a[k]), effect.digits),
            number(float(of.b[k]), effect.digits),
            signed(float(of.b[k] - of.a[k]), effect.digits),
        )
        for k in order
    ]


def _outcome(contest: Contest) -> list[tuple[str, int]]:
    """On how many clusters B is better, equal, worse."""
    return [("better", contest.wins), ("equal", contest.ties), ("worse", contest.losses)]


def pair_test(contest: Contest) -> PairTest:
    """A contest in the form of a run's stored pair tests: `diff` = mean(a - b) with B first."""
    diff = contest.primary.diff
    return PairTest(
        task=contest.task, metric=contest.primary.metric, a=contest.b.entry, b=contest.a.entry, diff=diff.value,
        lo=diff.lo, hi=diff.hi, p=contest.p, p_holm=contest.p_holm, verdict=contest.verdict, n=diff.n,
        clusters=diff.clusters,
    )  # fmt: skip


def _pair(duels: Sequence[Duel], row: Row, column: Row) -> tuple[PairTest, float, str] | None:
    """The test of two entries with the difference row − column and the verdict on the row; None on the diagonal."""
    for duel in duels:
        test = pair_test(duel.contest)
        if not test.n:
            continue
        if (test.a, test.b) == (row.reference, column.reference):
            return test, test.diff, test.verdict
        if (test.b, test.a) == (row.reference, column.reference):
            return test, -test.diff, MIRRORED.get(test.verdict, test.verdict)
    return None
