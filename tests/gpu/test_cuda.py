"""The same run on an accelerator gives the CPU's scores. Skips where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import harness

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]


def test_a_run_on_the_accelerator_agrees_with_the_cpu(tmp_path: Path) -> None:
    tables = []
    for device in ("cpu", "cuda"):
        run = harness.run(
            "demo", ["telea", "coordfill@mini"], limit=3, device=device, out=tmp_path / device, report=False
        )
        assert (run.records["status"] == "ok").all()
        tables.append(run.records.sort_values(["entry", "sample"])[["score:psnr@hole", "score:ssim@hole"]].to_numpy())
    np.testing.assert_allclose(tables[0], tables[1], atol=0.05)


def test_peak_memory_is_the_device_s(tmp_path: Path) -> None:
    run = harness.run("demo", ["coordfill@mini"], limit=1, device="cuda", out=tmp_path / "run", report=False)
    assert run.records["peak_mb"].iloc[0] > 1


def test_seconds_by_size_are_the_device_s() -> None:
    done = harness.bench(["coordfill@mini"], sizes=[64, 256], repeats=2, device="cuda")
    assert done.hardware["accelerator"] == torch.cuda.get_device_name("cuda")
    for row in done.rows:
        assert row.wall is not None, row.why
        assert row.peak_mb is not None
        assert row.peak_mb > 1
