"""Curves as a run stores them, and the curve of a value that a method tells round by round."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.stats.intervals import mean_intervals

__all__ = ["BY_ROUND", "Curve", "curve_by_round", "round_facts"]

BY_ROUND = "_by_round"
"""How the name of a fact ends that holds a value a round."""


LARGEST = 1e300
"""ours: nothing that we draw is larger, and what is would be infinite in a float."""


@dataclass(frozen=True)
class Curve:
    """y over x with a band [lo, hi] at each point.

    Attributes:
        x: ascending. `y`: NaN where undefined. `lo`, `hi`: NaN where no interval is known.
        x_label, y_label: what the axes are of, with the unit.
        step: y holds from its x to the next one; otherwise points are joined.
        best: y that nothing can lie below; empty where that is not known.

    Raises ValueError where lengths differ, there is no point, or x does not ascend.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    lo: tuple[float, ...]
    hi: tuple[float, ...]
    x_label: str
    y_label: str
    step: bool = False
    best: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.x or {len(self.y), len(self.lo), len(self.hi)} != {len(self.x)}:
            raise ValueError("a curve has as many y, lo and hi as x, one at least")
        if self.best and len(self.best) != len(self.x):
            raise ValueError("the best of a curve has as many points as the curve")
        if not all(map(math.isfinite, self.x)) or any(a >= b for a, b in zip(self.x, self.x[1:], strict=False)):
            raise ValueError("x of a curve ascends")

    @classmethod
    def from_text(cls, text: str) -> Curve:
        """The inverse of `to_text`; `lo`, `hi`, `step`, `best` may be absent. Raises ValueError for anything else."""
        found = json.loads(text)
        if not isinstance(found, dict) or not {"x", "y", "x_label", "y_label"} <= found.keys():
            raise ValueError("a curve is a JSON object with x, y, x_label and y_label")
        x = _numbers(found["x"])
        nothing = [None] * len(x)
        y, lo, hi = (_numbers(found.get(name, nothing)) for name in ("y", "lo", "hi"))
        step, best = bool(found.get("step", False)), _numbers(found.get("best", []))
        return cls(x, y, lo, hi, str(found["x_label"]), str(found["y_label"]), step, best)

    def to_text(self) -> str:
        """JSON, as the column `curve` of `aggregates.parquet` holds it; NaN is null."""
        listed = {name: [_plain(value) for value in getattr(self, name)] for name in ("x", "y", "lo", "hi")}
        labels = {"x_label": self.x_label, "y_label": self.y_label, "step": self.step}
        return json.dumps({**listed, **labels, **({"best": [*self.best]} if self.best else {})})


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _numbers(values: Any) -> tuple[float, ...]:
    """Numbers of a JSON list, null as NaN. Raises ValueError for anything else."""
    good = isinstance(values, list) and all(value is None or _is_number(value) for value in values)
    if not good:
        raise ValueError("x, y, lo and hi of a curve are lists of numbers")
    return tuple(math.nan if value is None else float(value) for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def round_facts(columns: Sequence[str]) -> list[str]:
    """Columns of records that hold a value a round: `fact:par_by_round`."""
    return [name for name in columns if name.startswith("fact:") and name.endswith(BY_ROUND)]


def curve_by_round(rows: pd.DataFrame, column: str, *, seed: int = 0) -> tuple[Curve | None, int]:
    """Mean over samples of a value after each round, with its interval by cluster (NaN below four clusters).

    A sample's list has the value before the first round, then after each; repeats are averaged first. Where a method
    stopped early, the value that it stopped at goes on (ours): else the last rounds would be a mean over the hard
    samples only.

    Args:
        rows: records of one entry on one task; those that are not ok, or tell nothing, do not count.
        column: one of `round_facts`, JSON lists as text.

    Returns:
        The curve, None where no row tells one; and how many rows hold something that is no list of finite numbers.
    """
    told = rows[(rows["status"] == "ok") & rows[column].notna()]
    lists = [_list_of(text) for text in told[column]]
    kept = told[["sample", "cluster"]][[found is not None for found in lists]]
    values = [found for found in lists if found is not None]
    if not values:
        return None, len(lists)
    longest = max(map(len, values))
    filled = pd.DataFrame([(*one, *[one[-1]] * (longest - len(one))) for one in values], index=kept.index)
    means = filled.groupby(kept["sample"]).mean()
    clusters = kept.drop_duplicates("sample").set_index("sample")["cluster"].reindex(means.index)
    intervals = mean_intervals(means.to_numpy(np.float64), clusters.to_numpy(), seed=seed)
    name = column.removeprefix("fact:").removesuffix(BY_ROUND)
    y, lo, hi = (tuple(getattr(of, end) for of in intervals) for end in ("value", "lo", "hi"))
    return Curve(tuple(map(float, range(longest))), y, lo, hi, "round", name), len(lists) - len(values)


def _list_of(text: Any) -> tuple[float, ...] | None:
    """The finite numbers of a JSON list, at least one; None for anything else."""
    try:
        values = _numbers(json.loads(text))
    except (TypeError, ValueError):
        return None
    return values if values and all(map(math.isfinite, values)) else None
