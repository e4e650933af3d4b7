"""A comparison of A and B in sentences: what came out, what it rests on, why the gate does not open."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len

from harness.report.lines import cut
from harness.report.sheet import visible
from harness.report.words import backbones, count, metric_name, number, seconds, signed

if TYPE_CHECKING:
    from harness.stats.contests import Comparison, Contest, Effect, Failure, Side

__all__ = [
    "column_name",
    "difference",
    "gate_lines",
    "means",
    "own_notes",
    "p_value",
    "pair_name",
    "verdict_sentence",
]

TITLE_MAX = 26


def pair_name(contest: Contest, cells: int = 2 * TITLE_MAX) -> str:
    """`telea`, or `telea → harmonic` where B is another entry, in at most so many columns of a terminal."""
    a, b = _title(contest.a), _title(contest.b)
    if a == b:
        return cut(a, cells)
    whole = f"{a} → {b}"
    each = (cells - 3) // 2
    return whole if cell_len(whole) <= cells else f"{cut(a, each)} → {cut(b, each)}"


def _title(side: Side) -> str:
    return cut(visible(side.title), TITLE_MAX)


def difference(effect: Effect) -> str:
    """`+0.35 [−0.10, 0.80]`, or `×3.3 [2.9, 3.8]` of a ratio."""
    diff = effect.diff
    if effect.ratio:
        shown = f"×{number(diff.value, 2)}"
        return (
            f"{shown} [{number(diff.lo, 2)}, {number(diff.hi, 2)}]" if math.isfinite(diff.lo) else f"{shown} [too few]"
        )
    shown = signed(diff.value, effect.digits)
    if not math.isfinite(diff.lo):
        return f"{shown} [too few]"
    return f"{shown} [{number(diff.lo, effect.digits)}, {number(diff.hi, effect.digits)}]"


def column_name(effect: Effect) -> str:
    """`psnr@hole ↑ (dB)`."""
    return _with_arrow(effect) + (f" ({effect.unit})" if effect.unit else "")


def _with_arrow(effect: Effect) -> str:
    arrow = {True: "↑", False: "↓", None: ""}[effect.higher_is_better]
    return f"{effect.metric} {arrow}".rstrip()


def means(effect: Effect) -> tuple[str, str, str]:
    """What an effect is of, and both means: `psnr ↑ (dB)`, `24.10`, `24.45`."""
    if effect.metric == "seconds":
        return "seconds a sample", seconds(effect.a), seconds(effect.b)
    if effect.metric == "peak_mb":
        return "peak memory (MB)", number(effect.a, effect.digits), number(effect.b, effect.digits)
    if effect.ratio:  # means of ratios may be far below 1: digits that count, not decimals
        return _with_arrow(effect), f"{effect.a:.2g}", f"{effect.b:.2g}"
    return column_name(effect), number(effect.a, effect.digits), number(effect.b, effect.digits)


def p_value(value: float) -> str:
    """A p-value with two digits, `<0.001` for a smaller one."""
    return "<0.001" if value < 0.001 else f"{value:.2g}"


def _p_words(value: float) -> str:
    return f"p < {p_value(value)[1:]}" if p_value(value).startswith("<") else f"p = {p_value(value)}"


def verdict_sentence(contest: Contest) -> str:
    """What came out of one contest, with its figures."""
    a, b = _title(contest.a), _title(contest.b)
    than, to, from_ = ("", "", "") if a == b else (f" than {a}", f" to {a}", f" from {a}")
    where, primary = metric_name(contest.primary.metric), contest.primary
    if not primary.diff.n:
        return f"{b}: no sample on which both have {where}."
    clusters = count(primary.diff.clusters, "cluster")
    if contest.verdict in ("better", "worse"):
        return f"{b} is {contest.verdict}{than} by {_by(contest)} in {where}, {_p_words(contest.p_holm)} ({clusters})."
    if contest.ties == primary.diff.clusters and primary.diff.lo == primary.diff.hi == 0:
        return (
            f"{b} is equivalent{to}: equal {where} on {'all ' * (primary.diff.n > 1)}{count(primary.diff.n, 'sample')}."
        )
    unit = _unit(primary)
    if contest.verdict == "equivalent":
        margin = f"{contest.margin:g}{unit}"
        return f"{b} is equivalent{to} within {margin}: {difference(primary)}{unit} in {where} ({clusters})."
    if contest.detectable is None:
        sight = f"{clusters} cannot show any difference in this comparison"
    else:
        sight = f"{clusters} would show {number(contest.detectable, primary.digits)}{unit} four times in five"
    figures = f"{difference(primary)}{unit} in {where}, {_p_words(contest.p_holm)}"
    return f"{b} cannot be told{from_ or ' from before'}: {figures}; {sight}."


def _unit(effect: Effect) -> str:
    return f" {effect.unit}" if effect.unit else ""


def _by(contest: Contest) -> str:
    """How far B is better or worse, as a positive figure with its interval: `0.62 dB [0.31, 0.93]`."""
    effect = contest.primary
    ends = (effect.diff.lo, effect.diff.hi) if effect.diff.value > 0 else (-effect.diff.hi, -effect.diff.lo)
    far = f"{number(abs(effect.diff.value), effect.digits)}{_unit(effect)}"
    if not math.isfinite(ends[0]):
        return f"{far} [too few]"
    return f"{far} [{number(ends[0], effect.digits)}, {number(ends[1], effect.digits)}]"


def own_notes(contest: Contest) -> list[str]:
    """What must be known of one pair: on what it rests if that is not everything, backbones that say opposite things,
    and what the API noted."""
    notes = []
    if contest.primary.diff.n < contest.n_total:
        counts = ", ".join(f"{name}: {_counts(side)}" for name, side in (("A", contest.a), ("B", contest.b)))
        notes.append(f"compared on {contest.primary.diff.n} of {count(contest.n_total, 'common sample')} ({counts})")
    return [*notes, *_disagreements(contest), *(visible(note) for note in contest.notes)]


def _disagreements(contest: Contest) -> Iterator[str]:
    """Features of two networks whose differences have opposite signs, by the rule of `harness.stats.agreement`."""
    from harness.stats.agreement import backbone_columns

    diffs = {effect.metric: effect.diff for effect in (contest.primary, *contest.others)}
    for first, second in backbone_columns(list(diffs)):
        a, b = diffs[first], diffs[second]
        if a.value * b.value < 0:
            separable = " (separable by both)" if all(d.lo > 0 or d.hi < 0 for d in (a, b)) else ""
            yield f"{backbones(first, second)} disagree: their differences have opposite signs{separable}"


def _counts(side: Side) -> str:
    failed = f", {side.failed} failed" if side.failed else ""
    skipped = f", {side.skipped} skipped" if side.skipped else ""
    undefined = f", {side.undefined} without a score" if side.undefined else ""
    return f"{side.ok}/{side.total}{failed}{skipped}{undefined}"


def gate_lines(comparison: Comparison) -> list[str]:
    """What the gate says, the verdict last: one line a failure, or why a pass means little, then `gate: passed`."""
    failures = comparison.failures()
    if failures:
        return [f"gate: failed: {_failure(failure)}" for failure in failures]
    blind = [one for one in comparison.contests if one.detectable is None]
    told = [f"{pair_name(one)} on {one.task}: too few clusters to show that B is worse" for one in blind]
    return [*told, "gate: passed"]


def _failure(failure: Failure) -> str:
    contest = failure.contest
    a, b, unit = _title(contest.a), _title(contest.b), _unit(contest.primary)
    who, than = f"{b} on {contest.task}", "" if a == b else f" than {a}"
    if failure.why == "worse":
        return f"{who} is worse{than} by {_by(contest)}, {_p_words(contest.p_holm)}"
    if failure.why == "lost samples":
        lost, what = contest.b.lost, "score" if contest.b.undefined else "result"
        return f"{who} has no {what} on {count(lost, 'sample')} that A has ({_counts(contest.b)})"
    if failure.why == "nothing in common":
        return f"{who} has no sample in common with {'A' if a == b else a}"
    p = _p_words(contest.p_noninferior if contest.p_noninferior is not None else 1.0)
    figures = f"{difference(contest.primary)}{unit}, one-sided {p}, {count(contest.primary.diff.clusters, 'cluster')}"
    return f"{who} is not shown to be within {contest.margin:g}{unit} of {'A' if a == b else a}: {figures}"
