"""A run folder of any size, for size only: what stands in it was never computed.

    python benchmarks/generated_store.py FOLDER [--records 1000000]

Ten entries judge the same pictures on one task. Shards, samples and manifest are what a run of that size writes and
obey the same schemas. Scores are drawn from a model of the difficulty of a source, an entry's skill and chance; hashes
are random, except those of the few pictures that are kept. The summary is the one of the first `SUMMARISED` pictures
with the counts of all: summarising a million records would take longer than writing them, and no page shows how.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.stats.summary import aggregates_frame, summarise
from harness.store import RunFolder, open_run
from harness.store.artifacts import Artifacts
from harness.store.files import write_json
from harness.store.keys import digest, pixels_hash, slug
from harness.store.lines import ShardWriter
from harness.store.shards import parquet_path, write_parquet

__all__ = ["generate"]

TASK = "generated"
CLUSTER = 4
SUMMARISED = 400
PICTURES, SIDE = 8, 64
METRICS = {"psnr@hole": (True, "dB", 2), "l1@hole": (False, "", 4), "ssim@hole": (True, "", 4), "gmsd": (False, "", 4)}
ENTRIES = (
    ("mean", "Mean fill", ""), ("telea", "Telea", ""), ("navier-stokes", "Navier–Stokes", ""),
    ("coordfill", "CoordFill", "official"), ("lama", "LaMa", "official"), ("mat", "MAT", "official"),
    ("repaint", "RePaint", "official"), ("coordfill@mini", "CoordFill · mini", "mini"),
    ("lama@mini", "LaMa · mini", "mini"), ("mat@random", "MAT · random weights", "random"),
)  # fmt: skip


def generate(folder: Path, records: int) -> RunFolder:
    """Write `records` rows (a multiple of 40) into an empty folder and open it."""
    count = records // len(ENTRIES)
    if records % (len(ENTRIES) * CLUSTER):
        raise ValueError(f"{records} records are not {len(ENTRIES)} entries times whole clusters of {CLUSTER}")
    draw = np.random.default_rng(0)
    samples, artifacts = _samples(count, draw), Artifacts(folder / "artifacts")
    truths = _kept(samples, artifacts, draw)
    manifest = _manifest(list(samples["sample"]))
    write_json(folder / "manifest.json", manifest)
    shard = ShardWriter(folder / "samples")
    for row in samples.to_dict("records"):
        shard.append({str(key): value for key, value in row.items()})
    shard.close()
    difficulty = np.repeat(draw.normal(0, 3, count // CLUSTER), CLUSTER) + draw.normal(0, 1.5, count)
    for skill, (reference, _, kind) in enumerate(ENTRIES):
        rows = _rows(reference, samples, difficulty, 1.5 * skill, draw)
        rows.loc[: len(truths) - 1, "output_hash"] = [_fill(*pair, skill, artifacts) for pair in truths]
        rows["seconds"] = (0.002 if not kind else 0.08) * (1 + skill) * draw.uniform(0.9, 1.1, count)
        write_parquet(parquet_path(folder / "records" / slug(reference) / TASK), rows)
    _summarise(open_run(folder), count)
    return open_run(folder)


def _hashes(count: int, draw: np.random.Generator) -> list[str]:
    text = draw.bytes(32 * count).hex()
    return [text[start : start + 64] for start in range(0, len(text), 64)]


def _samples(count: int, draw: np.random.Generator) -> pd.DataFrame:
    numbers = range(count)
    return pd.DataFrame(
        {
            "task": TASK,
            "sample": [f"source-{n // CLUSTER:06d}-{n % CLUSTER}@made/0" for n in numbers],
            "cluster": [f"source-{n // CLUSTER:06d}" for n in numbers],
            "truth": _hashes(count, draw),
            "mask": _hashes(count, draw),
            "ratio": draw.uniform(0.05, 0.5, count).round(6),
            "title": [f"Picture {n % CLUSTER} of source {n // CLUSTER}" for n in numbers],
        }
    )


Pair = tuple[NDArray[np.uint8], NDArray[np.bool_]]


def _kept(samples: pd.DataFrame, artifacts: Artifacts, draw: np.random.Generator) -> list[Pair]:
    """Pictures of the first samples: smooth noise and a square hole, stored under their hashes."""
    made = []
    for number in range(min(PICTURES, len(samples))):
        coarse = draw.integers(0, 256, (8, 8, 3), np.uint8)
        truth = np.asarray(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
        mask, edge = np.zeros((SIDE, SIDE), bool), 8 + number
        mask[edge : edge + 24, edge : edge + 24] = True
        samples.loc[number, ["truth", "mask"]] = [_put(artifacts, truth), _put(artifacts, mask.astype(np.uint8) * 255)]
        samples.loc[number, "ratio"] = float(mask.mean())
        made.append((truth, mask))
    return made


def _fill(truth: NDArray[np.uint8], mask: NDArray[np.bool_], skill: int, artifacts: Artifacts) -> str:
    """An output between the grey mean and the truth, the nearer the greater the skill; its hash."""
    share, mean = skill / len(ENTRIES), truth[~mask].mean(axis=0)
    filled = np.where(mask[..., None], share * truth + (1 - share) * mean, truth)
    return _put(artifacts, filled.astype(np.uint8))


def _put(artifacts: Artifacts, pixels: NDArray[np.uint8]) -> str:
    name = pixels_hash(pixels)
    artifacts.put(name, pixels)
    return name


def _rows(
    reference: str, samples: pd.DataFrame, difficulty: NDArray[np.float64], skill: float, draw: np.random.Generator
) -> pd.DataFrame:
    count = len(samples)
    psnr = 18 + skill - difficulty + draw.normal(0, 1, count)
    made = {name: _hashes(count, draw) for name in ("input_hash", "output_key", "output_hash", "composite_hash")}
    fixed = {
        "entry": reference, "repeat": 0, "status": "ok", "reason": "", "cell_key": digest([TASK, reference]),
        "metric_ids": "{}", "source_digest": digest(reference), "peak_mb": 100.0 + skill,
    }  # fmt: skip
    scores = {
        "psnr@hole": psnr, "l1@hole": 10 ** (-psnr / 20), "ssim@hole": 1 - 10 ** (-psnr / 30),
        "gmsd": 10 ** (-psnr / 25),
    }  # fmt: skip
    columns = {f"score:{name}": values for name, values in scores.items()}
    return samples[["task", "sample", "cluster"]].assign(**fixed, **made, **columns)


def _summarise(run: RunFolder, count: int) -> None:
    """Write `summary.json` and `aggregates.parquet`: statistics of the first samples, counts of all."""
    task = run.manifest["suite"]["tasks"][0]
    first = task["samples"][:SUMMARISED]
    part = {**task, "n": len(first), "samples": first}
    manifest = {**run.manifest, "suite": {**run.manifest["suite"], "tasks": [part]}}
    ratios = run.samples()[["task", "sample", "ratio"]]
    rows = pd.concat([run.rows(reference, part) for reference, _, _ in ENTRIES], ignore_index=True)
    summary = summarise(rows.merge(ratios, on=["task", "sample"]), manifest)
    (done,) = summary.tasks
    whole = replace(summary, tasks=(replace(done, n_common=count, n_total=count, clusters=count // CLUSTER),))
    write_json(run.path / "summary.json", whole.to_dict())
    write_parquet(run.path / "aggregates.parquet", aggregates_frame(whole))


def _entry(reference: str, title: str, kind: str) -> dict[str, Any]:
    method, sha256 = reference.partition("@")[0], "random" if kind == "random" else digest(title)
    weights = {"name": kind, "kind": kind, "sha256": sha256, "licence": "MIT", "trained_on": "", "origin": ""}
    identity = {
        "method": method, "version": "1", "params": {}, "weights": sha256 if kind else "", "inner": None, "code": "",
    }  # fmt: skip
    return {
        "reference": reference, "title": title, "method": method, "summary": "generated for its size",
        "capability": "inpaint", "version": "1", "params": {}, "weights": weights if kind else None,
        "parameters_m": 20.0 if kind else None, "licence": "MIT", "paper": "", "tags": [] if kind else ["floor"],
        "optimises": [], "parity": "", "leak": "", "folder": "", "identity": identity,
        "source_digest": digest(reference),
    }  # fmt: skip


def _metric(column: str) -> dict[str, Any]:
    high, unit, digits = METRICS[column]
    return {
        "higher_is_better": high, "unit": unit, "digits": digits, "kind": "sample", "diagnostic": False,
        "summary": "generated", "region": column.partition("@")[2], "version": "1", "colour": "RGB", "range": "[0, 1]",
        "resize": "none", "extractor": "", "reduction": "mean over samples", "mean": "arithmetic", "licence": "MIT",
    }  # fmt: skip


def _task(names: list[str]) -> dict[str, Any]:
    identity = {
        "dataset": "made", "version": "1", "content": "0" * 64, "maskset": "made", "mask_version": "1", "role": "hole",
        "gives": ["image", "mask"],
    }  # fmt: skip
    return {
        "id": TASK, "title": f"Generated, {len(names)} pictures", "dataset": "made", "maskset": "made", "role": "hole",
        "capability": "inpaint", "metrics": list(METRICS), "primary": "psnr@hole", "bar": "", "floors": [],
        "n": len(names), "samples": names, "clusters": len(names) // CLUSTER, "identity": identity,
        "metrics_info": {column: _metric(column) for column in METRICS},
    }  # fmt: skip


def _manifest(names: list[str]) -> dict[str, Any]:
    return {
        "schema": 1, "plan": "00000000", "status": "complete", "argv": ["benchmarks/generated_store.py"],
        "suite": {"name": "generated", "version": 1, "sha256": "0" * 64, "title": "Generated", "tasks": [_task(names)]},
        "entries": [_entry(*entry) for entry in ENTRIES], "skipped": [], "seed": 0, "repeats": 1, "device": "cpu",
        "numerics": {"device": "cpu", "dtype": "float32", "autocast": "off"},
        "hardware": {
            "processor": "none: nothing was computed", "cores": 1, "threads": 1, "memory_gb": 1.0, "system": "none",
            "python": "none", "load": 0.0,
        },
        "packages": {}, "constraints": None, "git": None, "attribution": [], "observer_errors": [],
        "started": "2026-11-28T00:00:00+00:00", "ended": "2026-11-28T00:00:01+00:00", "seconds": 1.0, "history": [],
        "cell_keys": {reference: {TASK: digest([TASK, reference])} for reference, _, _ in ENTRIES},
    }  # fmt: skip


def main() -> None:
    """Write a store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    options = parser.parse_args()
    begun = time.perf_counter()
    run = generate(options.folder, options.records)
    size = sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())
    print(f"{options.records} records, {size / 2**20:.1f} MB, in {time.perf_counter() - begun:.1f} s: {run.path}")


if __name__ == "__main__":
    main()
