"""A comparison of A and B: on a terminal, and as sheets for other programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from harness.report.lines import GAP, WIDTH, cut, emit, plain_table, rich_table, width_of
from harness.report.sheet import Cell, Sheet, visible
from harness.report.verdicts import column_name, difference, means, own_notes, p_value, pair_name, verdict_sentence
from harness.report.words import NOTHING, count, listed, number, signed

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from harness.stats.contests import Comparison, Contest, Effect

__all__ = ["comparison_sheet", "effects_sheet", "print_comparison"]

SAMPLE_MAX = 52
NAME_MIN = 13
DETAILED = 4
"""ours: so many contests are shown with every metric, cost and lost sample; of more, only what decides."""

COLUMNS = (
    "task", "entry_a", "entry_b", "run_a", "run_b", "metric", "role", "unit", "better", "a", "b", "difference",
    "is_ratio", "lo", "hi", "n", "n_total", "clusters", "wins", "ties", "losses", "p", "p_holm", "margin",
    "p_noninferior", "detectable", "verdict",
)  # fmt: skip
LEFT = (0, 7)
_COLOURS = {"better": "bold green", "worse": "bold red", "equivalent": "bold", "not separable": "dim"}


def print_comparison(comparison: Comparison, console: Console, plain: bool | None = None) -> None:
    """Print what decides, one table a task; for a few contests everything else too.

    Args:
        plain: aligned lines without colour codes; by default where `console` is no terminal.
    """
    bare = not console.is_terminal if plain is None else plain
    width = WIDTH if bare else min(WIDTH, console.width)
    emit(_lines(comparison, width, bare), console, bare)


def _lines(comparison: Comparison, width: int, bare: bool) -> Iterator[Text | Table]:
    detailed = len(comparison.contests) <= DETAILED
    yield Text(f"A  {visible(comparison.a)}")
    yield Text(f"B  {visible(comparison.b)}")
    for task in dict.fromkeys(contest.task for contest in comparison.contests):
        mine = [contest for contest in comparison.contests if contest.task == task]
        yield Text()
        yield Text.assemble((visible(mine[0].title), "bold"), "  ", (task, "dim"))
        heads, rows = _heads(mine[0].primary), [_decisive(one) for one in mine]
        _name_rows(heads, rows, mine, width)
        yield from _table(heads, rows, [_styles(one) for one in mine], bare)
        if detailed:
            for contest in mine:
                yield from _detail(contest, width, bare)
        else:
            yield Text()
            yield from _wrapped(_notes_of_all(mine), width, "dim")
    yield Text()
    yield from _wrapped(_footnotes(comparison, detailed), width, "dim")


def _notes_of_all(contests: Sequence[Contest]) -> list[str]:
    """The notes of several pairs, each once: `telea and harmonic: compared on …`."""
    who: dict[str, list[str]] = {}
    for contest in contests:
        for note in own_notes(contest):
            who.setdefault(note, []).append(pair_name(contest))
    return [f"{'all' if len(names) == len(contests) else listed(names)}: {note}" for note, names in who.items()]


def _wrapped(lines: Sequence[str], width: int, style: str) -> Iterator[Text]:
    for line in lines:
        yield from (Text(part, style) for part in textwrap.wrap(line, width, subsequent_indent="  "))


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[Sequence[str]], bare: bool,
    left: Sequence[int] = LEFT,
) -> Iterator[Text | Table]:  # fmt: skip
    yield from plain_table(heads, rows, left) if bare else [rich_table(heads, rows, left, styles)]


def _name_rows(heads: Sequence[str], rows: Sequence[list[str]], contests: Sequence[Contest], width: int) -> None:
    """Give names the room that the figures leave."""
    used = sum(width_of([line[i] for line in [heads, *rows]]) + GAP for i in range(1, len(heads)))
    for row, contest in zip(rows, contests, strict=True):
        row[0] = pair_name(contest, max(width - used, NAME_MIN))


def _heads(primary: Effect) -> list[str]:
    return ["entry", "A", "B", f"{column_name(primary)}\nB − A", "won/tied\n/lost", "p", "could\nsee", "B is"]


def _decisive(contest: Contest) -> list[str]:
    primary = contest.primary
    if not primary.diff.n:
        return [pair_name(contest), *[NOTHING] * 6, "nothing in common"]
    return [
        pair_name(contest),
        number(primary.a, primary.digits),
        number(primary.b, primary.digits),
        difference(primary),
        f"{contest.wins}/{contest.ties}/{contest.losses}",
        p_value(contest.p_holm),
        number(contest.detectable or None, primary.digits),  # 0 where nothing varies: no scale to see by
        contest.verdict,
    ]


def _styles(contest: Contest) -> list[str]:
    colour = _COLOURS[contest.verdict]
    return ["", "", "", colour, "dim", "dim", "dim", colour]


def _detail(contest: Contest, width: int, bare: bool) -> Iterator[Text | Table]:
    """The sentence of one contest, then what is exploratory, then where B loses."""
    yield Text()
    yield from _wrapped([verdict_sentence(contest)], width, "bold")
    yield from _wrapped(own_notes(contest), width, "dim")
    others = [*contest.others, *contest.costs]
    if others:
        rows = [[*means(effect), difference(effect)] for effect in others]
        heads = ["exploratory", "A", "B", "B − A, or ×B/A"]
        yield from _table(heads, rows, [["", "", "", "dim"]] * len(rows), bare, left=(0,))
    if contest.worst:
        digits = contest.primary.digits
        rows = [
            [cut(visible(loss.sample), SAMPLE_MAX), number(loss.a, digits), number(loss.b, digits),
             signed(loss.b - loss.a, digits)] for loss in contest.worst
        ]  # fmt: skip
        heads = [f"B loses most on ({contest.primary.metric})", "A", "B", "B − A"]
        yield from _table(heads, rows, [["", "", "", "red"]] * len(rows), bare, left=(0,))


def _footnotes(comparison: Comparison, detailed: bool) -> list[str]:
    compared = [contest for contest in comparison.contests if contest.primary.diff.n]
    sizes = sorted({(one.primary.diff.n, one.primary.diff.clusters) for one in compared})
    on = "; ".join(f"{count(n, 'sample')} of {count(clusters, 'cluster')}" for n, clusters in sizes) or "no samples"
    family = f"Holm over {len(compared)} comparisons" if len(compared) > 1 else "one comparison"
    notes = [f"{on}; brackets: 95 %, resampled by cluster; p: whole clusters swapped, {family}", *comparison.notes]
    if not detailed:
        notes.append("other metrics, seconds and the samples lost: name one pair (RUN::ENTRY), or --format json")
    return [visible(note) for note in notes]


def comparison_sheet(comparison: Comparison) -> Sheet:
    """One row for each column of each contest: the one that decides, the exploratory ones, the costs."""
    rows = []
    for contest in comparison.contests:
        rows.append(_row(contest, contest.primary, "primary"))
        rows += [_row(contest, effect, "exploratory") for effect in contest.others]
        rows += [_row(contest, effect, "cost") for effect in contest.costs]
    return Sheet(COLUMNS, tuple(rows))


def _row(contest: Contest, effect: Effect, role: str) -> tuple[Cell, ...]:
    better = {True: "higher", False: "lower", None: ""}[effect.higher_is_better]
    decided: tuple[Cell, ...] = (None,) * 9
    if role == "primary":
        decided = (
            contest.wins, contest.ties, contest.losses, contest.p, contest.p_holm, contest.margin,
            contest.p_noninferior, contest.detectable, contest.verdict if effect.diff.n else "nothing in common",
        )  # fmt: skip
    return (
        contest.task, contest.a.entry, contest.b.entry, contest.a.run, contest.b.run, effect.metric, role, effect.unit,
        better, effect.a, effect.b, effect.diff.value, effect.ratio, effect.diff.lo, effect.diff.hi, effect.diff.n,
        contest.n_total, effect.diff.clusters, *decided,
    )  # fmt: skip


def effects_sheet(comparison: Comparison) -> Sheet:
    """What decides, in words, for Markdown and LaTeX: one row a contest, a verdict that stands bold."""
    heads = ("task", "A", "B", "metric", "mean A", "mean B", "B − A", "won/tied/lost", "p (Holm)", "B is")
    rows = []
    for one in comparison.contests:
        _, *figures, _, verdict = _decisive(one)
        rows.append((one.task, one.a.title, one.b.title, column_name(one.primary), *figures, verdict))
    told = {(i, 9) for i, one in enumerate(comparison.contests) if one.verdict in ("better", "worse")}
    return Sheet(heads, tuple(rows), frozenset(told))
