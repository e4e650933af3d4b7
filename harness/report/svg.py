"""Small SVG plots whose colours are CSS classes, so that one drawing serves light and dark.

`e0`…`e19` are the entries' colours, `axis`, `grid`, `label` the rest (`templates/report.css`). Every text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from harness.report.words import seconds, shorten

__all__ = [
    "BOTTOM",
    "CHARACTER",
    "HEIGHT",
    "LABEL",
    "LABEL_ROOM",
    "LEFT",
    "LINE",
    "RIGHT",
    "TOP",
    "WIDTH",
    "Axis",
    "Mark",
    "Series",
    "apart",
    "band_plot",
    "frame",
    "free_box",
    "plot",
    "scale",
    "scatter_plot",
    "tag",
    "tick_texts",
    "whisker",
    "whisker_and_dot",
    "y_axis",
]

WIDTH, HEIGHT = 540, 340
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 26, 56
LABEL_ROOM, LABEL = 140, 17
"""Room for a name at a line's end, and the characters that fit there in the larger type of a phone."""
CHARACTER, LINE = 6.3, 14.0


@dataclass(frozen=True)
class Mark:
    """One point: `x` (seconds, or the index of a bin), `y` with its interval [lo, hi], and what to call it."""

    x: float
    y: float
    lo: float
    hi: float
    tip: str


@dataclass(frozen=True)
class Series:
    """An entry's marks, drawn in colour number `colour`; hollow for floors."""

    name: str
    colour: int
    hollow: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Axis:
    """A linear or logarithmic scale from values [lo, hi] to pixels [start, end]."""

    lo: float
    hi: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Pixel of `value`, rounded to 0.1."""
        low, high, here = (math.log10(v) if self.log else v for v in (self.lo, self.hi, value))
        return round(self.start + (here - low) / (high - low) * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Round values inside the axis: powers of ten (with 3s on a short axis) or multiples of 1, 2, 5 · 10ⁿ."""
        if self.log:
            decades = range(math.floor(math.log10(self.lo)), math.ceil(math.log10(self.hi)) + 1)
            steps = (1,) if len(decades) > 4 else (1, 3)
            return [s * 10.0**d for d in decades for s in steps if self.lo <= s * 10.0**d <= self.hi]
        power = 10.0 ** math.floor(math.log10((self.hi - self.lo) / 4))
        step = next(m * power for m in (1, 2, 5, 10) if (self.hi - self.lo) / (m * power) <= 6)
        multiples = range(math.ceil(self.lo / step), math.floor(self.hi / step) + 1)
        return [min(max(i * step, self.lo), self.hi) for i in multiples]  # rounding must push no tick off the axis


def tag(name: str, *children: str, **attributes: object) -> Markup:
    """`<name …>children</name>`; `class_` becomes `class`, `_` becomes `-`, children and values are escaped."""
    words = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), words, Markup("").join(escape(c) for c in children))


def whisker(mark: Mark, axis: Axis, colour: int, hollow: bool) -> Markup:
    """One table row's interval, in per cent of the cell's width."""
    return tag(
        "svg",
        tag("line", class_="rule", x1=f"{axis.at(mark.lo)}%", x2=f"{axis.at(mark.hi)}%", y1="50%", y2="50%"),
        tag("circle", class_="dot hollow" if hollow else "dot", cx=f"{axis.at(mark.y)}%", cy="50%", r=4.5),
        class_=f"whisker e{colour}",
        role="img",
        aria_label=mark.tip,
    )


def scale(axis: Axis) -> Markup:
    """The numbers above a column of whiskers."""
    ticks = axis.ticks()
    texts = [
        tag("text", text, class_="axis", x=f"{axis.at(tick)}%", y=12, text_anchor="middle")
        for tick, text in zip(ticks, tick_texts(ticks), strict=True)
        if 6 < axis.at(tick) < 94
    ]
    return tag("svg", *texts, class_="scale", aria_hidden="true")


def scatter_plot(series: Sequence[Series], x_title: str, y_title: str) -> Markup:
    """Quality against seconds (logarithmic), an interval as a whisker, each point labelled where there is room."""
    marks = [mark for one in series for mark in one.marks]
    x = Axis(min(m.x for m in marks) / 1.8, max(m.x for m in marks) * 1.8, LEFT, WIDTH - RIGHT, log=True)
    y = y_axis(marks)
    ticks = [(x.at(tick), seconds(tick)) for tick in x.ticks()]
    points = [(x.at(m.x), y.at(m.y)) for m in marks]
    taken = [(px - 6, py - 6, px + 6, py + 6) for px, py in points]
    parts = [frame(y, ticks, x_title, y_title)]
    for one in series:
        for mark in one.marks:
            group = [whisker_and_dot(x.at(mark.x), mark, y, one.hollow)]
            box = free_box(x.at(mark.x), y.at(mark.y), shorten(one.name, 24), taken)
            if box:
                taken.append(box)
                group.append(tag("text", shorten(one.name, 24), class_="label", x=box[0], y=round(box[3] - 3.5, 1)))
            parts.append(tag("g", *group, tag("title", mark.tip), class_=f"e{one.colour}"))
    return plot(parts, f"{y_title} against {x_title}")


def band_plot(series: Sequence[Series], bins: Sequence[str], x_title: str, y_title: str) -> Markup:
    """One line an entry over ordered bins (a mark's `x` is a bin's index), named at its right end."""
    y = y_axis([mark for one in series for mark in one.marks])
    x = Axis(-0.4, max(len(bins) - 0.6, 0.6), LEFT, WIDTH - RIGHT - LABEL_ROOM)
    parts = [frame(y, [(x.at(i), name) for i, name in enumerate(bins)], x_title, y_title, right=LABEL_ROOM)]
    drawn = sorted((one for one in series if one.marks), key=lambda one: y.at(one.marks[-1].y))
    ends = apart([y.at(one.marks[-1].y) for one in drawn], LINE * 1.25, TOP, HEIGHT - BOTTOM)
    for number, (one, end) in enumerate(zip(drawn, ends, strict=True)):
        dodge = (number - (len(drawn) - 1) / 2) * min(5.0, 40 / len(drawn))
        spots = [round(x.at(mark.x) + dodge, 1) for mark in one.marks]
        path = " ".join(f"{px},{y.at(mark.y)}" for px, mark in zip(spots, one.marks, strict=True))
        group = [tag("polyline", class_="curve", points=path)]
        for px, mark in zip(spots, one.marks, strict=True):
            group.append(tag("g", whisker_and_dot(px, mark, y, one.hollow, 3), tag("title", mark.tip)))
        edge = WIDTH - RIGHT - LABEL_ROOM
        group.append(tag("line", class_="leader", x1=spots[-1] + 4, y1=y.at(one.marks[-1].y), x2=edge + 8, y2=end))
        group.append(tag("text", shorten(one.name, LABEL), class_="label", x=edge + 11, y=round(end + 4, 1)))
        parts.append(tag("g", *group, class_=f"line e{one.colour}"))
    return plot(parts, f"{y_title} by {x_title}")


def y_axis(marks: Sequence[Mark]) -> Axis:
    """A linear scale on which every mark and whisker has room."""
    low, high = min(m.lo for m in marks), max(m.hi for m in marks)
    margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return Axis(low - margin, high + margin, HEIGHT - BOTTOM, TOP)


def frame(
    y: Axis, x_ticks: Sequence[tuple[float, str]], x_title: str, y_title: str, right: float = 0,
    y_texts: Sequence[str] = (),
) -> Markup:  # fmt: skip
    """Grid, ticks (`x_ticks`: pixel and text, lines by line breaks) and titles; `right` is left free for names.

    `y_texts` stand at the ticks of `y` in place of their plain numbers.
    """
    edge = WIDTH - RIGHT - right
    ticks = y.ticks()
    parts = [tag("line", class_="base", x1=LEFT, x2=edge, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM)]
    for tick, value in zip(ticks, y_texts or tick_texts(ticks), strict=True):
        parts.append(tag("line", class_="grid", x1=LEFT, x2=edge, y1=y.at(tick), y2=y.at(tick)))
        parts.append(tag("text", value, class_="axis", x=LEFT - 8, y=y.at(tick) + 4, text_anchor="end"))
    for position, lines in x_ticks:
        for number, text in enumerate(lines.split("\n")):
            spot = HEIGHT - BOTTOM + 17 + 16 * number
            parts.append(tag("text", text, class_="axis", x=position, y=spot, text_anchor="middle"))
    below = tag("text", x_title, class_="title", x=edge, y=HEIGHT - 6, text_anchor="end")
    return Markup("").join([*parts, tag("text", y_title, class_="title", x=0, y=12), below])


def tick_texts(ticks: Sequence[float]) -> list[str]:
    """Evenly spaced values with the decimals that their step needs."""
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9)) if len(ticks) > 1 else 2
    return [f"{tick:.{digits}f}" for tick in ticks]


def plot(parts: Sequence[Markup], label: str, height: float = HEIGHT) -> Markup:
    """The drawing itself; `label` says what it shows to whoever cannot see it."""
    return tag("svg", *parts, class_="plot", viewBox=f"0 0 {WIDTH} {height:g}", role="img", aria_label=label)


def whisker_and_dot(px: float, mark: Mark, y: Axis, hollow: bool, radius: float = 4.5) -> Markup:
    """A point at `px` with its interval upright."""
    rule = tag("line", class_="rule", x1=px, x2=px, y1=y.at(mark.lo), y2=y.at(mark.hi))
    return rule + tag("circle", class_="dot hollow" if hollow else "dot", cx=px, cy=y.at(mark.y), r=radius)


def free_box(
    px: float, py: float, text: str, taken: Sequence[tuple[float, float, float, float]], zoom: float = 1.0
) -> tuple[float, float, float, float] | None:
    """First place around a point where its label meets nothing drawn before; None where there is none.

    `zoom` is how much larger than `CHARACTER` and `LINE` the type may be shown.
    """
    width, line = len(text) * CHARACTER * zoom, LINE * zoom
    rises = (-line / 2, -1.43 * line, 0.5 * line)
    for dx, dy in [(side, rise) for rise in rises for side in (9, -9 - width)]:
        box = (px + dx, py + dy, px + dx + width, py + dy + line)
        inside = box[0] >= LEFT and box[2] <= WIDTH and box[1] >= TOP - 8 and box[3] <= HEIGHT - BOTTOM
        if inside and not any(box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for t in taken):
            return box
    return None


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Ascending positions moved so that neighbours are `gap` apart (less where [low, high] is too short)."""
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    placed: list[float] = []
    for value in wanted:
        placed.append(max(value, low, placed[-1] + gap if placed else low))
    for i in range(len(placed) - 1, -1, -1):
        placed[i] = min(placed[i], high if i == len(placed) - 1 else placed[i + 1] - gap)
    return [round(value, 1) for value in placed]
