"""A small run folder made of real parts: real photographs, inpainters and store. Only the seconds are made up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from harness.store import RunFolder, open_run
from harness.store.artifacts import Artifacts
from harness.store.files import write_json
from harness.store.keys import pixels_hash, slug
from harness.store.shards import ShardWriter, seal

METRICS = {
    "psnr@hole": (True, "dB", 2),
    "l1@hole": (False, "", 4),
    "psnr": (True, "dB", 2),
    "fd_fake": (False, "", 1),
}
IDENTITY = {
    "dataset": "photos[view=square-256]", "version": "1", "content": "c" * 64, "maskset": "lama-thick-256",
    "mask_version": "1", "role": "hole", "gives": ["image", "mask"],
}  # fmt: skip
NUMERICS = {"device": "cpu", "dtype": "float32", "autocast": "off"}
Fill = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


def photographs(count: int, size: int) -> list[NDArray[Any]]:
    sources = [skimage.data.astronaut(), skimage.data.chelsea(), skimage.data.coffee(), skimage.data.rocket()]
    pictures = []
    for number in range(count):
        source = sources[number % len(sources)]
        side = min(source.shape[:2])
        shift = (number // len(sources)) * 24
        crop = source[:side, shift : shift + side] if source.shape[1] > side + shift else source[:side, :side]
        turned = crop[:, ::-1] if number // len(sources) % 2 else crop
        pictures.append(cv2.resize(np.ascontiguousarray(turned), (size, size), interpolation=cv2.INTER_AREA))
    return pictures


def strokes(seed: int, size: int) -> NDArray[Any]:
    generator, mask = np.random.default_rng(seed), np.zeros((size, size), np.uint8)
    for _ in range(1 + seed % 6):
        ends = generator.integers(0, size, (2, 2)).tolist()
        cv2.line(mask, ends[0], ends[1], 1, int(size * generator.uniform(0.06, 0.16)))
    return mask.astype(bool)


def _mean(image: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    return np.where(mask[..., None], image[~mask].mean(axis=0).astype(np.uint8), image)


def _opencv(flag: int) -> Fill:
    return lambda image, mask: cv2.inpaint(image, mask.astype(np.uint8), 3, flag)


def _smooth(image: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    weight = (~mask).astype(np.float32)
    filled, sigma = np.zeros(image.shape, np.float32), 64.0
    while sigma >= 1:
        spread = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
        layer = cv2.GaussianBlur(image * weight[..., None], (0, 0), sigma) / np.maximum(spread, 1e-6)
        filled, sigma = np.where(spread > 1e-3, layer, filled), sigma / 2
    return np.where(mask[..., None], filled, image).astype(np.uint8)


def entry(reference: str, title: str, kind: str = "", tags: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    weights = {"name": kind, "kind": kind, "sha256": "0" * 64, "licence": "Apache-2.0", "trained_on": "34 photographs"}
    return {
        "reference": reference, "title": title, "method": reference.split("@", maxsplit=1)[0], "capability": "inpaint",
        "version": "1", "params": {}, "weights": weights if kind else None, "licence": "MIT", "paper": None,
        "tags": list(tags), "parity": "full" if kind else "", "parameters_m": 1.9 if kind else None,
        "summary": "", "optimises": [], **more,
    }  # fmt: skip


FLOOR = ("floor", "smooth")
FILLS: list[tuple[dict[str, Any], Fill]] = [
    (entry("mean", "Mean fill", tags=FLOOR), _mean),
    (entry("telea", "Telea", tags=FLOOR), _opencv(cv2.INPAINT_TELEA)),
    (entry("navier-stokes", "Navier–Stokes", tags=FLOOR), _opencv(cv2.INPAINT_NS)),
    (entry("coordfill@mini", "CoordFill · mini", "mini"), _smooth),
]


def scores(output: NDArray[Any], truth: NDArray[Any], mask: NDArray[Any]) -> dict[str, float | None]:
    error = (output.astype(np.float64) - truth) / 255
    hole = float((error[mask] ** 2).mean())
    whole = float((error**2).mean())
    return {
        "psnr@hole": -10 * np.log10(hole) if hole else None, "l1@hole": float(np.abs(error[mask]).mean()),
        "psnr": -10 * np.log10(whole) if whole else None,
    }  # fmt: skip


def task(name: str, title: str, count: int, **more: Any) -> dict[str, Any]:
    info = {
        column: {
            "higher_is_better": high, "unit": unit, "digits": digits, "diagnostic": column.startswith("fd_"),
            "kind": "set" if column.startswith("fd_") else "sample", "summary": f"{column} of the fake run",
            "region": column.partition("@")[2],
        }
        for column, (high, unit, digits) in METRICS.items()
    }  # fmt: skip
    return {
        "id": name, "title": title, "dataset": "photos[view=square-256]", "dataset_version": "1",
        "maskset": "lama-thick-256", "role": "hole", "metrics": list(METRICS), "primary": "psnr@hole", "n": count,
        "clusters": count // 2, "metrics_info": info, "identity": IDENTITY, **more,
    }  # fmt: skip


def manifest(tasks: list[dict[str, Any]], entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schema": 1, "plan": "f" * 8, "status": "complete", "argv": ["harness", "run", "--suite", "demo"],
        "suite": {"name": "demo", "version": 1, "sha256": "a" * 64, "title": "Demo", "tasks": tasks},
        "entries": entries, "seed": 0, "repeats": 1, "device": "cpu", "numerics": NUMERICS,
        "hardware": {"cpu": "Xeon", "cores": 2}, "packages": {"numpy": np.__version__, "opencv": cv2.__version__},
        "constraints": "", "git": {"commit": "0123456789abcdef", "dirty": False}, "observer_errors": [],
        "started": "2026-11-22T22:00:00+00:00", "ended": "2026-11-22T22:01:05+00:00", "seconds": 65.2,
        "attribution": [
            {"title": "Eileen Collins", "author": "NASA", "licence": "CC0-1.0", "source": "https://flic.kr/p/r9qvLn"},
            {"title": "Chelsea the cat", "author": "S. van der Walt", "licence": "CC0-1.0", "source": "skimage.data"},
        ],
        "skipped": [{"what": "lpips", "task": "photos-thick", "reason": "no weights here: pip install lpips"}],
        "history": [],
    }  # fmt: skip


def build(
    path: Path, *, count: int = 6, size: int = 96, fills: list[tuple[dict[str, Any], Fill]] | None = None,
    tasks: tuple[tuple[str, str], ...] = (("photos-thick", "Photographs, LaMa thick masks"),),
) -> RunFolder:  # fmt: skip
    """Write a run of `count` photographs (two a cluster) into `path` and open it. Every sixth Navier–Stokes fails."""
    chosen = FILLS if fills is None else fills
    ids = [f"photo{i:02d}@lama-thick-256/0" for i in range(count)]
    listed = [task(*one, count, samples=ids) for one in tasks]
    write_json(path / "manifest.json", manifest(listed, [e for e, _ in chosen]))
    artifacts, samples = Artifacts(path / "artifacts"), ShardWriter(path / "samples")
    for number, (name, _) in enumerate(tasks):
        prepared = []
        for i, truth in enumerate(photographs(count, size)):
            mask = strokes(100 * number + i, size)
            row = {
                "task": name, "sample": ids[i], "cluster": f"photo{i // 2}",
                "truth": _put(artifacts, truth), "mask": _put(artifacts, mask.astype(np.uint8) * 255),
                "ratio": float(mask.mean()), "title": f"Photograph {i}",
            }  # fmt: skip
            samples.append(row)
            prepared.append((truth, mask, row))
        for described, fill in chosen:
            _write_cell(path, described["reference"], fill, prepared, artifacts)
    samples.close()
    return open_run(path)


def _write_cell(path: Path, reference: str, fill: Fill, prepared: list[Any], artifacts: Artifacts) -> None:
    stem = path / "records" / slug(reference) / prepared[0][2]["task"]
    shard = ShardWriter(stem)
    for i, (truth, mask, row) in enumerate(prepared):
        known = {key: row[key] for key in ("task", "sample", "cluster")}
        record = {
            "entry": reference,
            **known,
            "repeat": 0,
            "status": "ok",
            "reason": "",
            "seconds": 0.0,
            "peak_mb": 90.0,
        }
        if reference == "navier-stokes" and i % 6 == 5:
            shard.append({**record, "status": "failed", "reason": "ValueError: made to fail", "seconds": None})
            continue
        output = fill(np.where(mask[..., None], 0, truth).astype(np.uint8), mask)
        columns = {f"score:{name}": value for name, value in scores(output, truth, mask).items()}
        pace = 0.002 * (1 + int(hashlib.sha256(reference.encode()).hexdigest()[:4], 16) % 300)
        shard.append(
            {**record, "seconds": pace * (1 + 0.1 * (i % 3)), "output_hash": _put(artifacts, output), **columns}
        )
    shard.close()
    seal(stem)


def _put(artifacts: Artifacts, pixels: NDArray[Any]) -> str:
    name = pixels_hash(np.ascontiguousarray(pixels))
    artifacts.put(name, pixels)
    return name
