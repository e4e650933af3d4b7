"""What annotators found: how far they agree, and how much of each entry's holes they marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.report.templating import render
from harness.stats.model import TABLE_HEADINGS

if TYPE_CHECKING:
    from harness.stats.model import Interval

__all__ = ["Annotator", "Compared", "Marked", "annotation_results"]


@dataclass(frozen=True)
class Annotator:
    """One annotator: fills marked, and those whose checks are done, of `total`."""

    name: str
    marked: int
    finished: int
    total: int


@dataclass(frozen=True)
class Marked:
    """One entry: PAR in [0, 1] with its interval, share of fills without a mark, number of fills marked."""

    title: str
    kind: str
    ratio: Interval
    clean: float
    fills: int


@dataclass(frozen=True)
class Compared:
    """One fill that two or more marked: mean IoU of pairs; `clean` where nobody marked anything."""

    sample: str
    title: str
    iou: float
    annotators: int
    clean: bool


def annotation_results(
    annotators: Sequence[Annotator], entries: Sequence[Marked], fills: Sequence[Compared], mean: Interval | None,
    marked: Interval | None,
) -> Markup:  # fmt: skip
    """The results of one set of annotations.

    Args:
        entries: empty where they are not to be named yet.
        fills: in the order to show them; the first twelve are.
        mean: IoU over all `fills`; `marked`: over those where somebody marked something.
    """
    kinds = {kind: [one for one in entries if _table(one.kind) == kind] for kind in TABLE_HEADINGS}
    tables = [(TABLE_HEADINGS[kind], rows) for kind, rows in kinds.items() if rows]
    return render(
        "views/annotations.html.j2", annotators=annotators, tables=tables, fills=fills, mean=mean, marked=marked
    )


def _table(kind: str) -> str:
    """Under which heading a kind of weights stands; small checkpoints and unstated ones stand apart."""
    return kind if kind in TABLE_HEADINGS else "unstated"
