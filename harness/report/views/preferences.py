"""What people preferred in a blind study: strengths with whiskers, every pair, metrics beside people, raters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from markupsafe import Markup

from harness.report.sheet import Cell, Sheet
from harness.report.svg import Axis, Mark, scale, whisker
from harness.report.templating import render
from harness.report.words import count, number, shorten
from harness.stats.model import TABLE_HEADINGS

if TYPE_CHECKING:
    from harness.stats.answers import MetricAgreement, PairPreference, Preferences, Strength, StudyResults
    from harness.stats.model import Interval

__all__ = ["Entrant", "percent", "preferences", "preferences_sheet", "verdict"]

ALPHA = 0.05
COIN = 0.5


class Entrant(Protocol):
    """An entry of a study, as it is drawn."""

    @property
    def reference(self) -> str:
        """The entry's reference."""

    @property
    def title(self) -> str:
        """What a reader sees."""

    @property
    def kind(self) -> str:
        """Kind of its learned weights, "" where it learned nothing."""

    @property
    def colour(self) -> int:
        """Its colour number."""

    @property
    def floor(self) -> bool:
        """Whether it is a baseline."""


@dataclass(frozen=True)
class _Line:
    """One row of a table: what is drawn of it."""

    entry: Entrant
    strength: Strength
    drawing: Markup


def preferences(title: str, entries: Sequence[Entrant], results: StudyResults) -> Markup:
    """The results of a study.

    Args:
        title: of the task that was compared.
        entries: of the study.
        results: of `harness.stats.preferences.judge`.
    """
    by_reference = {entry.reference: entry for entry in entries}
    found = results.preferences
    lines, axis = _lines(found, by_reference) if found else ([], Markup())
    return render(
        "views/preferences.html.j2",
        title=title,
        results=results,
        found=found,
        lines=lines,
        axis=axis,
        ribbon=next((TABLE_HEADINGS[entry.kind] for entry in entries if entry.kind not in ("", "official")), ""),
        headline=verdict(found, by_reference) if found else "",
        rests=_rests(results),
        entry=by_reference,
        pair=lambda a, b: _cell(found, a, b),
        agreement=_agreement(results.metrics),
        share_axis=scale(_SHARES),
        percent=percent,
        two=_two,
        among=_among,
        nu_ties=found.nu / (2 + found.nu) if found else math.nan,
    )


def verdict(found: Preferences, entries: dict[str, Entrant]) -> str:
    """Who is preferred, in one sentence, as far as it can be told."""
    leaders = [one for one in found.strengths if one.rank_lo == 1]
    names = [shorten(entries[one.entry].title, 60) for one in leaders]
    if len(leaders) == len(found.strengths):
        return "People’s answers do not tell which of these entries they prefer."
    if len(leaders) == 1:
        return f"People prefer {names[0]} to every other entry."
    return f"People prefer one of {', '.join(names[:-1])} and {names[-1]}; between these the answers do not tell."


def percent(share: Interval | None, *, whole: bool = False) -> str:
    """`62 % [51, 73]`; only the value where no interval can be told, or where the `whole` is not asked for."""
    if share is None or not math.isfinite(share.value):
        return "–"
    text = f"{number(100 * share.value, 0)} %"
    if not whole or not math.isfinite(share.lo):
        return text
    return f"{text} [{number(100 * share.lo, 0)}, {number(100 * share.hi, 0)}]"


def preferences_sheet(entries: Sequence[Entrant], results: StudyResults) -> Sheet:
    """One row an entry for other programs; no row where strengths cannot be told."""
    titles = {entry.reference: entry.title for entry in entries}
    columns = (
        "entry", "title", "rank", "rank_lo", "rank_hi", "group", "strength", "strength_lo", "strength_hi",
        "preferred", "preferred_lo", "preferred_hi", "wins", "losses", "ties", "held_by_prior", "answers", "raters",
        "raters_excluded", "pictures", "interval_over_raters",
    )  # fmt: skip
    found = results.preferences
    rows: list[tuple[Cell, ...]] = []
    for one in found.strengths if found else ():
        assert found
        rows.append(
            (
                one.entry, titles[one.entry], one.rank, one.rank_lo, one.rank_hi, one.group,
                one.strength.value, one.strength.lo, one.strength.hi,
                one.preferred.value, one.preferred.lo, one.preferred.hi, one.wins, one.losses, one.ties, one.unbounded,
                found.answers, found.raters, results.excluded, found.pictures, found.by_rater,
            )
        )  # fmt: skip
    return Sheet(columns, tuple(rows))


def _rests(results: StudyResults) -> str:
    """What all of it rests on."""
    found = results.preferences
    if not found:
        return ""
    words = f"{count(found.answers, 'answer')} of {count(found.raters, 'rater')} to {count(found.pictures, 'picture')}"
    if results.excluded:
        words += f"; {count(results.excluded, 'rater')} left out for failed catch trials"
    return words


def _lines(found: Preferences, entries: dict[str, Entrant]) -> tuple[list[_Line], Markup]:
    marks = {one.entry: _mark(one.strength, entries[one.entry].title) for one in found.strengths}
    low, high = min(m.lo for m in marks.values()), max(m.hi for m in marks.values())
    room = (high - low) or 1.0
    axis = Axis(low - 0.05 * room, high + 0.05 * room, 0, 100)
    lines = [
        _Line(entry := entries[one.entry], one, whisker(marks[one.entry], axis, entry.colour, entry.floor))
        for one in found.strengths
    ]
    return lines, scale(axis)


def _two(value: float) -> str:
    """Two decimals, and no sign where they are zeros."""
    return number(round(value, 2) + 0.0, 2)


def _mark(value: Interval, title: str) -> Mark:
    known = math.isfinite(value.lo)
    low, high = (value.lo, value.hi) if known else (value.value, value.value)
    told = f" [{_two(value.lo)}, {_two(value.hi)}]" if known else ""
    return Mark(0, value.value, low, high, f"{title}: {_two(value.value)}{told}")


_SHARES = Axis(0, 1, 0, 100)


def _agreement(metrics: Sequence[MetricAgreement]) -> list[tuple[MetricAgreement, Markup]]:
    """Each metric with its whisker between 0 and 1; without one where nothing was decided."""
    return [
        (one, whisker(_mark(one.share, one.column), _SHARES, 0, False) if one.share.n else Markup()) for one in metrics
    ]


def _cell(found: Preferences | None, a: str, b: str) -> tuple[float, str, PairPreference] | None:
    """Chance that a is preferred to b, the verdict on a, and the pair it was told of."""
    for pair in found.pairs if found else ():
        if {pair.a, pair.b} == {a, b}:
            chance = pair.chance.value if pair.a == a else 1 - pair.chance.value
            told = pair.p_holm <= ALPHA
            return chance, ("better" if chance > COIN else "worse") if told else "open", pair
    return None


def _among(part: int, whole: int) -> str:
    """`5 of 6`, a dash where there was none."""
    return f"{part} of {whole}" if whole else "–"
