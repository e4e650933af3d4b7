"""A simulated run, and the simulations that `tools/simulate_statistics.py` prints."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

METRICS = {
    "psnr@hole": {"higher_is_better": True, "unit": "dB", "digits": 2, "kind": "sample"},
    "feat_efl0@hole": {"higher_is_better": False, "unit": "", "digits": 4, "kind": "sample"},
    "hf_ratio@hole": {"higher_is_better": None, "unit": "", "digits": 2, "kind": "sample", "mean": "geometric"},
    "fd_efl0": {"higher_is_better": False, "unit": "", "digits": 1, "kind": "set"},
}


def entry(reference: str, *, tags: Sequence[str] = (), kind: str = "", optimises: Sequence[str] = ()) -> dict[str, Any]:
    weights = {"name": kind, "kind": kind} if kind else None
    described = {"reference": reference, "title": reference, "tags": list(tags), "optimises": list(optimises)}
    return {**described, "weights": weights}


def manifest(entries: Sequence[Mapping[str, Any]], n: int, bar: str = "") -> dict[str, Any]:
    task = {
        "id": "photos", "title": "Photographs", "metrics": list(METRICS), "primary": "psnr@hole", "bar": bar, "n": n,
        "metrics_info": METRICS,
    }  # fmt: skip
    return {"suite": {"name": "inpainting", "tasks": [task]}, "entries": list(entries), "skipped": []}


def records(
    scores: Mapping[str, Mapping[str, float]],
    photographs: int = 12,
    masks: int = 3,
    repeats: int = 1,
    noise: float = 0.3,
) -> pd.DataFrame:
    """Rows of a run: per entry its mean scores, each photograph with a difficulty shared by all entries."""
    rng = np.random.default_rng(7)
    difficulty = rng.normal(0, 3, photographs)
    rows = []
    for name, means in scores.items():
        for photograph in range(photographs):
            luck = rng.normal(0, noise)
            for k in range(masks):
                for repeat in range(repeats):
                    own = luck + rng.normal(0, noise / 3)
                    row = {
                        "entry": name, "task": "photos", "sample": f"p{photograph:02}@m/{k}", "repeat": repeat,
                        "cluster": f"p{photograph:02}", "status": "ok", "reason": "", "seconds": 0.1 + 0.01 * k,
                        "peak_mb": 5.0, "ratio": 0.05 + 0.1 * k,
                    }  # fmt: skip
                    for metric, mean in means.items():
                        scale = {"psnr@hole": 1.0, "feat_efl0@hole": -0.01, "hf_ratio@hole": 0.0}[metric]
                        row[f"score:{metric}"] = mean + scale * (difficulty[photograph] + own)
                    rows.append(row)
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def simulate() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "simulate_statistics.py"
    spec = importlib.util.spec_from_file_location("simulate_statistics", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make_entry() -> Callable[..., dict[str, Any]]:
    return entry


@pytest.fixture(scope="session")
def make_manifest() -> Callable[..., dict[str, Any]]:
    return manifest


@pytest.fixture(scope="session")
def make_records() -> Callable[..., pd.DataFrame]:
    return records
