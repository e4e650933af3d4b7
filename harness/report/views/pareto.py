"""Quality against what it costs on one task, and who is beaten at both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.report.front_svg import front_plot
from harness.report.fronts import COSTS, Front, Place, front
from harness.report.templating import render
from harness.report.words import listed

if TYPE_CHECKING:
    from harness.report.board import TaskView

__all__ = ["pareto"]

GROUPS: tuple[tuple[tuple[Place, ...], str], ...] = (
    (("front", "dominated"), ""),
    (("apart",), "stand apart: small checkpoints, weights that nobody stated, and what is not ranked"),
    (("unknown",), "official sizes without their checkpoint here: timed with random weights, quality unknown"),
)
MOST_NAMED = 8


def pareto(view: TaskView, cost: str, *, machine: str = "") -> Markup:
    """The drawing, its legend and its table.

    Args:
        cost: one of `harness.report.fronts.COSTS`.
        machine: where seconds and memory were measured, in words.
    """
    found = front(view, cost)
    return render(
        "views/pareto.html.j2",
        view=view,
        info=view.info[view.summary.primary],
        axis=COSTS[cost],
        cost=cost,
        found=found,
        drawing=front_plot(found, view, cost),
        sentence=_sentence(found, view),
        groups=[(heading, points) for places, heading in GROUPS if (points := found.of(*places))],
        minis=any(point.row.kind == "mini" for point in found.of("apart")),
        machine=machine,
    )


def _sentence(found: Front, view: TaskView) -> str:
    best, weighed = found.of("front"), found.of("front", "dominated")
    if not weighed:
        return ""
    if len(weighed) == 1:
        return f"{best[0].row.title} is the only one to be weighed: there is no other official or unlearned entry."
    names = listed([point.row.title for point in best], MOST_NAMED)
    if len(weighed) == len(best):
        return f"Each of {names} is either better or cheaper than every other."
    lead = f"{names} {'is' if len(best) == 1 else 'are'} beaten by nobody"
    others = len(weighed) - len(best)
    who = "for the other one there is one" if others == 1 else f"for each of the {others} others there is one"
    return f"{lead}; {who} that is no worse and no dearer, and better at one of the two."
