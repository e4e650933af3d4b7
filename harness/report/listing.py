"""Samples of a task in an order, a page at a time: of a million records only the cells that the order asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from harness.errors import HarnessError
from harness.report import pictures
from harness.report.gallery import chosen_rows
from harness.store.shards import plain_rows

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from harness.report.board import Row, TaskView
    from harness.report.opened import Opened

__all__ = [
    "BY_HOLE",
    "PAGE_MOST",
    "THUMB_SIDE",
    "Failures",
    "Listed",
    "SamplePage",
    "failures",
    "orders",
    "sample_page",
]

PAGE_MOST = 24
"""ours: thumbnails of one page; they take 20 kB each."""
THUMB_SIDE = 96
"""ours: longest side of a thumbnail in pixels. A thumbnail is for finding a sample, so it alone is scaled."""
WORST = "worst:"
BY_HOLE = ("smallest", "largest")
"""Orders that go by the share of the picture that is hole, and so read no rows."""


@dataclass(frozen=True)
class Listed:
    """A sample in a list.

    Attributes:
        value: what the order goes by (the hole's share, a score, a difference of scores); NaN where there is none.
        thumb: the input with its hole as a data URI, scaled; "" where truth and mask are not kept.
    """

    sample: str
    title: str
    cluster: str
    ratio: float
    value: float
    thumb: str


@dataclass(frozen=True)
class SamplePage:
    """One page of a task's samples, counted from 1; `total` samples on `pages` pages."""

    items: tuple[Listed, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True)
class Failures:
    """Samples without a result: (entry's title, sample, status, reason) each, at most a few, and how many there are."""

    shown: tuple[tuple[str, str, str, str], ...]
    total: int


def orders(view: TaskView, references: Sequence[str]) -> dict[str, str]:
    """Orders that samples can be listed in, each with its words."""
    primary = view.summary.primary
    named = {"smallest": "smallest hole first", "largest": "largest hole first"}
    if references:
        named["hardest"] = f"hardest first (mean {primary})"
    if len(references) > 1:
        named["differ"] = f"entries differ most ({primary})"
    return named | {WORST + row.reference: f"worst for {row.title} first" for row in chosen_rows(view, references)}


def sample_page(
    opened: Opened, view: TaskView, order: str, references: Sequence[str], page: int = 1, size: int = 12
) -> SamplePage:
    """One page of the task's samples in an order of `orders`; a page past the last one is the last one.

    Reads the rows of the entries that the order is about and nothing else; a repeated sample counts by its mean.
    Raises `HarnessError` for an unknown order and where a shard is damaged.
    """
    frame = opened.samples
    mine = frame.loc[frame["task"] == view.summary.task]
    values, rising = _values(opened, view, mine, order, references)
    size = min(size, PAGE_MOST)
    pages = max(1, -(-len(mine) // size))
    page = min(max(page, 1), pages)
    falling = values if rising else -values
    places = np.argsort(falling, kind="stable")[(page - 1) * size : page * size]  # NaN comes last
    rows = plain_rows(mine.iloc[places])
    items = [_listed(opened, view, row, float(values[at])) for row, at in zip(rows, places, strict=True)]
    return SamplePage(tuple(items), page, pages, len(mine))


def failures(opened: Opened, view: TaskView, references: Sequence[str], most: int = 50) -> Failures:
    """What failed or was skipped of these entries on the task, with the reason."""
    shown, total = list[tuple[str, str, str, str]](), 0
    for row in chosen_rows(view, references):
        frame = opened.rows(row.reference, view.summary.task)
        bad = frame if frame.empty else frame.loc[frame["status"] != "ok"]
        total += len(bad)
        for record in plain_rows(bad.head(most - len(shown))):
            shown.append((row.title, str(record["sample"]), str(record["status"]), str(record.get("reason") or "")))
    return Failures(tuple(shown), total)


def _values(
    opened: Opened, view: TaskView, samples: pd.DataFrame, order: str, references: Sequence[str]
) -> tuple[NDArray[np.float64], bool]:
    """What an order goes by, one a sample, and whether the smallest comes first."""
    if order in BY_HOLE:
        return samples["ratio"].to_numpy(np.float64), order == "smallest"
    if order not in orders(view, references):
        raise HarnessError(f"no order {order!r}; there are {', '.join(orders(view, references))}")
    about = [order.removeprefix(WORST)] if order.startswith(WORST) else references
    rows = chosen_rows(view, about)
    scores = np.stack([_scores(opened, view, samples, row) for row in rows])
    if order == "differ":
        return np.max(scores, axis=0) - np.min(scores, axis=0), False  # NaN where one of them has no score
    known = np.isfinite(scores).sum(axis=0)
    means = np.divide(np.nansum(scores, axis=0), known, out=np.full(len(samples), np.nan), where=known > 0)
    return means, view.summary.higher_is_better


def _scores(opened: Opened, view: TaskView, samples: pd.DataFrame, row: Row) -> NDArray[np.float64]:
    """The entry's primary scores in the order of `samples`, NaN where it has none."""
    frame = opened.rows(row.reference, view.summary.task)
    column = f"score:{view.summary.primary}"
    if frame.empty or column not in frame:
        return np.full(len(samples), np.nan)
    means = frame.groupby("sample", sort=False)[column].mean()
    scores: NDArray[np.float64] = means.reindex(samples["sample"]).to_numpy(np.float64)
    return np.where(np.isfinite(scores), scores, np.nan)


def _listed(opened: Opened, view: TaskView, row: Mapping[str, Any], value: float) -> Listed:
    ratio = row["ratio"]
    return Listed(
        sample=str(row["sample"]),
        title=str(row["title"] or row["sample"]),
        cluster=str(row["cluster"]),
        ratio=np.nan if ratio is None else float(ratio),
        value=value,
        thumb=_thumb(opened, row, visible=view.task["role"] == "region"),
    )


def _thumb(opened: Opened, row: Mapping[str, Any], *, visible: bool) -> str:
    """The input, scaled; "" where it is not kept or damaged (the viewer says which)."""
    try:
        base, mask = (
            opened.picture(str(name)) if name else None for name in (row["shown"] or row["truth"], row["mask"])
        )
    except HarnessError:
        return ""
    if base is None:
        return ""
    small = _small(base if base.ndim == 3 else np.dstack([base] * 3))
    if mask is not None and mask.ndim == 2:
        hole = cv2.resize(mask, small.shape[1::-1], interpolation=cv2.INTER_AREA) > 127
        small = pictures.overlay(small, pictures.hole_layer(hole, visible=visible))
    return pictures.data_uri(pictures.png_bytes(small))


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = min(1.0, THUMB_SIDE / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
