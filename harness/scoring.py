"""Judging pictures that exist already: a folder of outputs against references, or a run's kept outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.datasets.decode import decode, decode_mask, printable
from harness.datasets.folder import image_files
from harness.errors import HarnessError
from harness.plugins import registry
from harness.references import parse_metric
from harness.store import RunFolder, open_run
from harness.store.keys import pixels_hash

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Pair", "Scored", "score"]

ABSENT = {
    "labels": "label maps",
    "maps": "the maps of a method",
    "operator": "operators of the degradation",
    "shown": "the pictures before the edit",
}
"""What a metric may use that files do not hold; a run keeps the last."""


@dataclass(frozen=True)
class Pair:
    """One output, its truth, and the hole if there is one."""

    key: str
    output: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    shown: NDArray[np.uint8] | None = None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Scored:
    """One row a pair, and a line for every file that found no partner."""

    table: pd.DataFrame
    unmatched: tuple[str, ...]
    metrics: tuple[str, ...]


def _by_key(folder: Path) -> dict[str, Path]:
    """Pictures below a folder by their relative path without the suffix: pairs are made by key, never by position."""
    found: dict[str, Path] = {}
    for path in image_files(folder):
        key = path.relative_to(folder).with_suffix("").as_posix()
        if key in found:
            raise HarnessError(f"{folder}: {found[key].name} and {path.name} share the key '{key}'")
        found[key] = path
    return found


def _match(
    outputs: Path, reference: Path, mask: Path | None
) -> tuple[list[tuple[str, Path, Path, Path | None]], list[str]]:
    """(key, output, truth, mask) for every key that has all of them; of every other one, in words, what it lacks."""
    for folder in (outputs, reference):
        if not folder.exists():
            raise HarnessError(f"{folder} does not exist")
    if outputs.is_file() and reference.is_file():
        return [(outputs.stem, outputs, reference, mask)], []
    mine, truths = _by_key(outputs), _by_key(reference)
    masks = _by_key(mask) if mask is not None and mask.is_dir() else None
    keys = [key for key in mine if key in truths and (masks is None or key in masks)]
    left = [f"no reference for {path}" for key, path in mine.items() if key not in truths]
    left += [f"no output for {path}" for key, path in truths.items() if key not in mine]
    left += [f"no mask for {mine[key]}" for key in mine if key in truths and key not in keys]
    left = [printable(line) for line in left]
    if not keys:
        raise HarnessError(f"no file of {outputs} has a partner in {reference}: names must agree up to the suffix")
    return [(key, mine[key], truths[key], masks[key] if masks is not None else mask) for key in sorted(keys)], left


def _folder_pairs(matched: Sequence[tuple[str, Path, Path, Path | None]]) -> Iterator[Pair]:
    for key, output, truth, mask in matched:
        pair = Pair(key, decode(output).pixels, decode(truth).pixels, decode_mask(mask) if mask is not None else None)
        if pair.output.shape != pair.truth.shape:
            raise HarnessError(
                f"{key}: output is {_size(pair.output)}, reference {_size(pair.truth)}; resize neither silently"
            )
        if pair.mask is not None and pair.mask.shape != pair.truth.shape[:2]:
            raise HarnessError(f"{key}: mask is {_size(pair.mask)}, picture {_size(pair.truth)}")
        yield pair


def _size(pixels: NDArray[np.generic]) -> str:
    return f"{pixels.shape[1]}×{pixels.shape[0]}"


def _run_pairs(run: RunFolder) -> Iterator[Pair]:
    samples = run.samples().set_index(["task", "sample"])
    records = run.records()
    good = records[records["status"] == "ok"]
    lost = sum(not run.artifact(name).exists() for name in good["output_hash"])
    if lost:
        # What --keep strips leaves is the report's choice, worst cases among them: its mean would be of nothing.
        raise HarnessError(f"{run.path}: {lost} of {len(good)} outputs were not kept; run with --keep all")
    for row in good.to_dict("records"):
        sample = samples.loc[(row["task"], row["sample"])]
        output, truth = (_stored(run, name) for name in (row["output_hash"], sample["truth"]))
        mask, shown = (_stored(run, sample[kind]) if sample[kind] else None for kind in ("mask", "shown"))
        labels = tuple((label, str(row[label])) for label in ("entry", "task", "repeat", "cluster"))
        yield Pair(row["sample"], output, truth, mask > 127 if mask is not None else None, shown, labels)


def _stored(run: RunFolder, name: str) -> NDArray[np.uint8]:
    """A picture of the run by hash. Raises `HarnessError` where it is gone or is not what its name says."""
    pixels = run.artifacts.get(name)
    if pixels is None or pixels_hash(pixels) != name:
        raise HarnessError(f"{run.artifact(name)}: missing, or changed since it was written; run again")
    return pixels


def score(
    outputs: str | Path, reference: str | Path | None = None, *, mask: str | Path | None = None,
    metrics: Sequence[str] = (), device: str = "cpu",
) -> Scored:  # fmt: skip
    """Judge pictures.

    Args:
        outputs: a folder of pictures (or one picture), or a run folder whose kept outputs are judged again.
        reference: the truths, paired by relative path without suffix; not given for a run folder.
        mask: a folder of masks by the same keys, or one mask for all; white = hole.
        metrics: `name` or `name@region`; default PSNR, SSIM and L1, in the hole too where there is a mask.

    Raises:
        HarnessError: nothing pairs, sizes differ, a region without a mask, a metric that cannot be had here, an
            unreadable file.
    """
    import pandas as pd

    from harness.runner.measure import Judge
    from harness.runner.plan import metric_skip

    outputs = Path(outputs)
    is_run = (outputs / "manifest.json").is_file() and reference is None
    if not is_run and reference is None:
        raise HarnessError(f"{outputs} is not a run folder: name the truths by --reference")
    masked = is_run or mask is not None
    chosen = tuple(metrics) or (
        ("psnr", "psnr@hole", "ssim", "ssim@hole", "l1@hole") if masked else ("psnr", "ssim", "l1")
    )
    if not masked and any(parse_metric(column)[1] for column in chosen):
        raise HarnessError("a metric with a @region needs --mask")
    for column in chosen:
        if reason := metric_skip(column, registry()):
            raise HarnessError(f"{column}: {reason}")
        uses = registry().metric(parse_metric(column)[0]).uses
        lacking = [what for name, what in ABSENT.items() if name in uses and not (name == "shown" and is_run)]
        if lacking:
            raise HarnessError(f"{column} needs {lacking[0]}, which are not here: it is computed by harness run")
    judge = Judge(chosen, registry(), device)
    if judge.set_columns:
        raise HarnessError(f"{judge.set_columns[0]} is a set metric: it is computed by harness run")
    left: list[str] = []
    if is_run:
        pairs = _run_pairs(open_run(outputs))
    else:
        matched, left = _match(outputs, Path(str(reference)), Path(mask) if mask is not None else None)
        pairs = _folder_pairs(matched)
    rows = []
    for pair in pairs:
        values = judge.pixels(pair.key, pair.output, pair.truth, pair.mask, pair.shown)
        rows.append({**dict(pair.labels), "sample": pair.key, **values})
    return Scored(pd.DataFrame(rows), tuple(left), chosen)
