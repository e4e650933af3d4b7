"""What is annotated: the fills of a run in seeded order, and the box that is shown around a hole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import HarnessError
from harness.store.keys import digest

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from harness.interfaces import Hole

    Pixels = NDArray[np.uint8]

__all__ = ["Fill", "Gone", "dilated_box", "fill_of", "fills_of"]

BOX_SHARE, BOX_LEAST = 8, 8
"""ours: the box is dilated by an eighth of its longer side, at least 8 px; PAL says only that it is dilated."""


class Gone(HarnessError):
    """A picture of a fill is kept neither by the annotations nor by the run."""


@dataclass(frozen=True)
class Fill:
    """One output of one entry.

    Attributes:
        output, hole: hashes of the filled picture and of the mask (255 = hole).
        cluster: the photograph; splits and intervals go by it.
    """

    entry: str
    task: str
    sample: str
    cluster: str
    output: str
    hole: str

    @property
    def id(self) -> str:
        """Names the fill without naming the entry."""
        return digest(asdict(self))[:20]


def fills_of(
    samples: pd.DataFrame, rows: Mapping[str, pd.DataFrame], task: str, *, kept: Callable[[str], bool], seed: int = 0,
    photographs: int | None = None,
) -> list[Fill]:  # fmt: skip
    """Every kept output of some entries on a task, in an order that the seed alone decides.

    All annotators meet the same order, so that two who do a part of it have that part in common.

    Args:
        samples: of the run (`RunFolder.samples`).
        rows: by entry, its records on the task; those that are not ok, and repeats after the first, are left out.
        kept: whether the run still has the picture with a hash.
        photographs: take only so many clusters, chosen by the seed.
    """
    known = samples[samples["task"] == task].set_index("sample")
    found = []
    for entry, frame in rows.items():
        if frame.empty:
            continue
        done = frame[(frame["status"] == "ok") & (frame["repeat"] == 0)]
        for record in done.to_dict("records"):
            sample, output = record["sample"], record.get("output_hash")
            hole = known.at[sample, "mask"] if sample in known.index else None
            if isinstance(output, str) and isinstance(hole, str) and kept(output) and kept(hole):
                found.append(Fill(entry, task, str(sample), str(record["cluster"]), output, hole))
    if photographs is not None:
        chosen = sorted({fill.cluster for fill in found}, key=lambda cluster: digest([seed, cluster]))[:photographs]
        found = [fill for fill in found if fill.cluster in chosen]
    return sorted(found, key=lambda fill: digest([seed, fill.id]))


def dilated_box(hole: Hole) -> tuple[int, int, int, int] | None:
    """(left, top, right, bottom) of the dilated bounding box of a hole [H, W], ends exclusive; None without a hole."""
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    if not rows.size:
        return None
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    by = max(BOX_LEAST, max(bottom - top, right - left) // BOX_SHARE)
    return max(0, left - by), max(0, top - by), min(hole.shape[1], right + by), min(hole.shape[0], bottom + by)


def fill_of(row: Mapping[str, Any]) -> Fill:
    """A fill from a stored row, which may hold more."""
    return Fill(**{key: str(row[key]) for key in Fill.__dataclass_fields__})
