"""Numbers and verdicts in words, the same on a terminal and on a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.stats.model import BELOW_FLOOR, FEWEST_CLUSTERS, NEXT_NOTE

if TYPE_CHECKING:
    from harness.stats.model import Interval, PairTest, Standing, TaskSummary

__all__ = [
    "MIRRORED",
    "NOTHING",
    "backbones",
    "count",
    "disagreement_line",
    "headline",
    "interval",
    "leak",
    "listed",
    "metric_name",
    "number",
    "rank_range",
    "refusals",
    "resolution",
    "seconds",
    "shorten",
    "signed",
    "skipped_lines",
    "steps_line",
    "wrapped_lines",
]

NOTHING = "–"
MIRRORED = {"better": "worse", "worse": "better"}
"""A verdict as the other entry has it; `equivalent` and `not separable` are mutual."""
_ACRONYMS = {
    "psnr": "PSNR",
    "psnr_y": "PSNR on luma",
    "ssim": "SSIM",
    "ssim_y": "SSIM on luma",
    "ms_ssim": "MS-SSIM",
    "l1": "L1 error",
    "gmsd": "GMSD",
    "vif": "VIF",
    "vifp": "VIFp",
    "niqe": "NIQE",
    "brisque": "BRISQUE",
    "piqe": "PIQE",
    "dists": "DISTS",
    "lpips": "LPIPS",
    "lpips_vgg": "LPIPS (VGG)",
    "lpips_squeeze": "LPIPS (SqueezeNet)",
}
_REGIONS = {"": "", "hole": " in the hole", "boundary": " at the hole's border", "known": " outside the hole"}


def number(value: float | None, digits: int) -> str:
    """`value` with `digits` decimals and a true minus; a dash for None, NaN and infinities (undefined is no number)."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:.{digits}f}".replace("-", "−")


def signed(value: float, digits: int) -> str:
    """A difference with its sign, a true minus among them."""
    return ("+" if value > 0 else "") + number(value, digits)


def count(n: int, noun: str) -> str:
    """`1 sample`, `3 samples`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def interval(value: Interval | None, digits: int) -> str:
    """`24.1 [23.0, 25.2]`; says so where too few clusters tell no spread; a dash for no value, no bracket for none."""
    if value is None or not math.isfinite(value.value):
        return NOTHING
    if not math.isfinite(value.lo):
        few = " [too few]" if value.clusters < FEWEST_CLUSTERS else ""  # some published numbers have no interval
        return f"{number(value.value, digits)}{few}"
    return f"{number(value.value, digits)} [{number(value.lo, digits)}, {number(value.hi, digits)}]"


def seconds(value: float | None) -> str:
    """Seconds in the unit a person would say: `8 ms`, `1.2 s`, `75 s`, `3.4 min`."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value < 0.9995:
        return f"{value * 1000:.2g} ms" if value < 0.0995 else f"{value * 1000:.0f} ms"
    if value >= 120:
        return f"{value / 60:.1f} min"
    return f"{value:.2g} s" if value < 9.95 else f"{value:.0f} s"


def shorten(text: str, length: int) -> str:
    """`text` cut to at most `length` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def metric_name(column: str) -> str:
    """A metric's column as a reader would say it: `psnr@hole` → `PSNR in the hole`."""
    name, _, region = column.partition("@")
    return _ACRONYMS.get(name, name) + _REGIONS.get(region, f" ({region})")


def leak(standing: Standing) -> str:
    """What must be known of a standing whose method may have seen the truth; "" for all others."""
    if not standing.leak:
        return ""
    return f"leak: {standing.leak}: its outputs were computed elsewhere; whether it saw the truth is not known"


def rank_range(standing: Standing) -> str:
    """`1`, or `2–4` where the rank's interval is wider than one place; a dash for what is not ranked."""
    if not standing.ranked:
        return NOTHING
    if standing.rank_lo == standing.rank_hi:
        return str(standing.rank)
    return f"{standing.rank_lo}–{standing.rank_hi}"


def listed(words: Sequence[str], limit: int = 4) -> str:
    """`A`, `A and B`, `A, B and C`, `A, B, C, D and 3 more`."""
    if len(words) > limit:
        return f"{', '.join(words[:limit])} and {len(words) - limit} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def headline(task: TaskSummary, ranked: Sequence[Standing], titles: Mapping[str, str], info: Mapping[str, Any]) -> str:
    """Who is best among `ranked` (best first) and whether that can be told apart, in one or two sentences."""
    scores = {c.entry: c.interval for c in task.cells if c.metric == task.primary and not c.subset and c.interval}
    ordered = [s.entry for s in ranked if s.entry in scores and math.isfinite(scores[s.entry].value)]
    if not ordered:
        return "No ranked entry has a result on this task."
    best, name = ordered[0], metric_name(task.primary)
    below = next(s.below_floor for s in ranked if s.entry == best).startswith(BELOW_FLOOR)
    but = ", but is below floor" if below else ""
    unit = f" {info['unit']}" if info.get("unit") else ""
    score = f"{number(scores[best].value, info['digits'])}{unit}"
    if len(ordered) == 1:
        return f"{titles[best]} reaches {score} {name}{but}; there is no other ranked entry to compare it with."
    verdicts = {other: _seen_from(best, other, task.pairs) for other in ordered[1:]}
    groups = {v: [titles[e] for e in ordered[1:] if verdicts[e] == v] for v in ("better", "equivalent")}
    open_ = [titles[e] for e in ordered[1:] if verdicts[e] not in ("better", "equivalent")]
    if len(groups["better"]) == len(ordered) - 1:
        margin = abs(scores[best].value - scores[ordered[1]].value)
        gap = f"{number(margin, info['digits'])}{unit}"
        return f"{titles[best]} is best: {score} {name}, separably ahead of {titles[ordered[1]]} by {gap}{but}."
    lead = "highest" if task.higher_is_better else "lowest"
    but = f"{but} and has no separable lead" if below else ", but no separable lead"
    sentence = f"{titles[best]} has the {lead} {name}, {score}{but}: "
    reasons = []
    if open_:
        reasons.append(f"this run cannot tell it from {listed(open_)}")
    if groups["equivalent"]:
        reasons.append(f"it is equivalent to {listed(groups['equivalent'])}")
    return sentence + ", and ".join(reasons) + "."


def resolution(task: TaskSummary, info: Mapping[str, Any]) -> str:
    """What this run can tell apart, in words; "" where nobody was compared."""
    if task.detectable is not None and math.isfinite(task.detectable):
        far = f"{number(task.detectable, info['digits'])} {info['unit']}".rstrip()
        return f"a typical pair must differ by {far} in {task.primary} to be told apart"
    if not task.pairs or info.get("kind") == "table":  # of a table metric it is not known
        return ""
    entries, clusters = len({name for pair in task.pairs for name in (pair.a, pair.b)}), task.pairs[0].clusters
    return f"{count(clusters, 'cluster')} cannot separate any pair of {entries} entries"


def refusals(task: TaskSummary, titles: Mapping[str, str]) -> list[str]:
    """Why set and table metrics gave no value, and what they say of those they gave: one line a metric and reason.

    Entries are named where not all are meant.
    """
    lines: dict[str, list[str]] = {}
    for cell in task.cells:
        for told in cell.why.split(NEXT_NOTE) if cell.why and not cell.subset else ():
            lines.setdefault(f"{cell.metric}: {told}", []).append(titles[cell.entry])
    return [line + ("" if len(who) == len(titles) else f" ({listed(who)})") for line, who in lines.items()]


def disagreement_line(task: TaskSummary, titles: Mapping[str, str]) -> str:
    """Where two feature backbones order pairs in opposite ways, in one line; "" where they never do."""
    if not task.disagreements:
        return ""
    first = task.disagreements[0]
    both = backbones(first.first_column, first.second_column)
    flagged = [
        f"{titles[found.a]} against {titles[found.b]}{' (separable by both)' if found.separable else ''}"
        for found in sorted(task.disagreements, key=lambda found: not found.separable)
    ]
    pairs = f"{len(flagged)} of {count(len(task.pairs), 'pair')}"
    return f"{both} disagree about {pairs}: {listed(flagged)}"


def wrapped_lines(task: TaskSummary, entries: Sequence[Mapping[str, Any]], info: Mapping[str, Any]) -> list[str]:
    """Of every entry of a run that wraps another one of it, by how much it differs from that one, sample by sample.

    `entries` are the manifest's; `info` is of the primary metric. Nothing of pairs that were not tested.
    """
    plain = {str(entry.get("identity")): entry for entry in entries}  # older runs have none
    lines = []
    for entry in entries:
        wrapped = (entry.get("identity") or {}).get("inner")
        inner = plain.get(str(wrapped)) if wrapped else None
        names = (entry["reference"], inner["reference"] if inner else "")
        pair = next((pair for pair in task.pairs if {pair.a, pair.b} == set(names)), None)
        if inner is None or pair is None:
            continue
        sign = 1 if pair.a == names[0] else -1
        low, high = sorted((sign * pair.lo, sign * pair.hi))
        unit = f" {info['unit']}" if info.get("unit") else ""
        ends = (
            f" [{signed(low, info['digits'])}, {signed(high, info['digits'])}]" if math.isfinite(low) else " [too few]"
        )
        far = f"{signed(sign * pair.diff, info['digits'])}{ends}{unit} {metric_name(task.primary)}"
        who = f"{entry['title']} against {inner['title']}, which it wraps"
        lines.append(f"{who}: {far}, {_seen_from(*names, [pair])}")
    return lines


def steps_line(entries: Sequence[Mapping[str, Any]], repeats: int) -> str:
    """How many steps each entry takes for an image, and how often each sample was done; "" for nothing of either.

    Steps are the parameter of that name; 0, which stands for a method's own choice, is said to be its preset's.
    """
    taken: dict[str, list[str]] = {}
    for entry in entries:
        if (steps := entry["params"].get("steps")) is not None:
            taken.setdefault(str(steps or "the preset's"), []).append(entry["title"])
    told = [f"{steps} ({listed(who)})" for steps, who in taken.items()]
    parts = [f"steps an image: {'; '.join(told)}"] * bool(told)
    return ", ".join([*parts, *[f"{repeats} repeats of every sample where chance plays"] * (repeats > 1)])


def backbones(first: str, second: str) -> str:
    """One measure on two networks: `feat_efl0 and feat_efl2 in the hole`."""
    names = [column.partition("@")[0] for column in (first, second)]
    return " and ".join(names) + metric_name(first).removeprefix(names[0])


def _seen_from(a: str, b: str, pairs: Sequence[PairTest]) -> str:
    """The verdict on `a` against `b`, whichever way round it was tested."""
    for pair in pairs:
        if (pair.a, pair.b) == (a, b):
            return pair.verdict
        if (pair.a, pair.b) == (b, a):
            return MIRRORED.get(pair.verdict, pair.verdict)
    return "not compared"


def skipped_lines(manifest: Mapping[str, Any]) -> list[str]:
    """What the run left out, one line each: `lpips on photos-thick: why, and the command that gets it`."""
    tasks: dict[tuple[str, str], list[str]] = {}
    for skipped in manifest["skipped"]:
        tasks.setdefault((str(skipped["what"]), str(skipped["reason"])), []).append(str(skipped["task"]))
    return [
        f"{what}{' on ' if any(where) else ''}{listed([task for task in where if task])}: {reason}"
        for (what, reason), where in tasks.items()
    ]
