"""Compare our metrics with pyiqa's published calibration set, where you have it: `python -m tools.calibrate DIR`.

DIR is `ResultsCalibra` of github.com/chaofengc/IQA-PyTorch: `ref_dir` and `dist_dir` with five BMPs each (TID2013's,
so they are not shipped) and `results_official.csv`, what the metrics' authors' own code gave. A row passes where the
mean relative difference is within its bar; what the file's own rounding may have done counts as none.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from harness.errors import HarnessError, UnknownName
from harness.plugins import registry
from harness.runner.plan import metric_skip
from harness.scoring import score

__all__ = ["Outcome", "calibrate", "official_results"]

OURS = frozenset({"psnr", "gmsd", "vif", "niqe", "piqe", "lpips", "dists"})
"""Rows that a metric of ours defines alike. Others (grey SSIM, LIVE's BRISQUE, …) are asked of `pyiqa:`."""
BARS = {"brisque": 0.08, "niqe": 0.06}
BAR = 0.01
PICTURES = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one row: the column judged, its mean relative difference (None if skipped), bar, and reason."""

    row: str
    column: str
    difference: float | None
    bar: float
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether it was judged and is within its bar."""
        return self.difference is not None and self.difference <= self.bar

    def __str__(self) -> str:
        if self.difference is None:
            return f"skipped  {self.row}: {self.reason}"
        verdict = "ok     " if self.passed else "FAILED "
        return f"{verdict}  {self.row} by {self.column}: {self.difference:.2%} of {self.bar:.0%}"


def official_results(folder: Path) -> dict[str, dict[str, Decimal]]:
    """Row → picture (without suffix) → published value, digits and all. Raises `HarnessError` naming what is wrong."""
    path = folder / "results_official.csv"
    for needed in (path, folder / "ref_dir", folder / "dist_dir"):
        if not needed.exists():
            raise HarnessError(f"{needed} is missing: DIR is ResultsCalibra of github.com/chaofengc/IQA-PyTorch")
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    pictures = [Path(name).stem for name in header[1:]]
    if header[0] != "Method" or len(pictures) != PICTURES:
        raise HarnessError(f"{path}: its first line must be Method and {PICTURES} pictures, not {','.join(header)}")
    try:
        return {name: dict(zip(pictures, map(Decimal, values), strict=True)) for name, *values in rows}
    except (ValueError, InvalidOperation) as error:
        raise HarnessError(f"{path}: a row does not have one number for each picture") from error


def calibrate(folder: Path, rows: Sequence[str] = ()) -> list[Outcome]:
    """Judge the five pairs by the metrics of ``rows`` (none: of `OURS`), decoding each picture once."""
    official = official_results(folder)
    for row in rows:
        if row not in official:
            raise UnknownName("row", row, official, f"head {folder / 'results_official.csv'}")
    columns = {row: row if row in OURS else f"pyiqa:{row}" for row in rows or [row for row in official if row in OURS]}
    reasons = {row: _reason(column) for row, column in columns.items()}
    judged = tuple(dict.fromkeys(column for row, column in columns.items() if not reasons[row]))
    table = score(folder / "dist_dir", folder / "ref_dir", metrics=judged).table.set_index("sample") if judged else None
    found = []
    for row, column in columns.items():
        difference = None
        if table is not None and not reasons[row]:
            if missing := set(official[row]) - set(table.index):
                raise HarnessError(f"{folder}: no pair {', '.join(sorted(missing))} in dist_dir and ref_dir")
            difference = _difference({key: float(table.loc[key, column]) for key in official[row]}, official[row])
        found.append(Outcome(row, column, difference, BARS.get(row, BAR), reasons[row]))
    return found


def _reason(column: str) -> str:
    try:
        return metric_skip(column, registry())
    except HarnessError as error:  # a row that this pyiqa does not know, or that does not build here
        return str(error)


def _difference(ours: dict[str, float], official: dict[str, Decimal]) -> float:
    """Mean over the pictures of |ours - official| / |official|, less half a unit of the last digit published."""
    total = 0.0
    for key, value in official.items():
        rounding = 0.5 * 10.0 ** int(value.as_tuple().exponent)
        total += max(0.0, abs(ours[key] - float(value)) - rounding) / abs(float(value))
    return total / len(official)


def main() -> int:
    """Print one line a row. Exit code 0 if all judged rows pass, 1 if one fails, 2 for a user's mistake."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--metric", action="append", default=[], metavar="ROW", help="this row; may be repeated")
    parser.add_argument("--all", action="store_true", help="every row, those that are not ours by pyiqa (minutes)")
    arguments = parser.parse_args()
    try:
        rows = list(official_results(arguments.folder)) if arguments.all else arguments.metric
        outcomes = calibrate(arguments.folder, rows)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return 2
    print(*outcomes, sep="\n")
    return int(any(outcome.difference is not None and not outcome.passed for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
