"""What the specs say is what the classes do."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import harness.metrics
from harness.metrics.specs import embedder_specs, metric_specs

SPECS = {spec.name: spec for spec in metric_specs()}
MODULES = sorted(path.stem for path in Path(harness.metrics.__path__[0]).glob("*.py") if path.stem != "__init__")


def test_specs_import_neither_torch_nor_numpy() -> None:
    code = (
        "import sys; from harness.metrics.specs import metric_specs, embedder_specs; metric_specs(); embedder_specs();"
        "assert not {'torch', 'numpy', 'scipy', 'pandas', 'cv2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_first_suites_columns_are_there() -> None:
    for column in ("psnr", "psnr@hole", "ssim", "ssim@hole", "l1", "l1@hole", "gmsd", "hf_ratio@hole", "feat_efl0",
                   "feat_efl0@hole", "fd_efl0", "kid_efl0", "lpips"):  # fmt: skip
        name, _, region = column.partition("@")
        assert region in SPECS[name].regions


@pytest.mark.parametrize("name", SPECS)
def test_every_part_of_the_protocol_is_stated(name: str) -> None:
    spec = SPECS[name]
    for part in (spec.summary, spec.licence, spec.colour, spec.range, spec.reduction, spec.resize, spec.version):
        assert part
    assert len(spec.summary) <= 100
    if "efl0" in name:
        assert spec.extractor
        assert spec.requires


@pytest.mark.parametrize("spec", [*metric_specs(), *embedder_specs()], ids=lambda spec: spec.name)
def test_targets_exist_and_explain_themselves(spec: object) -> None:
    module, _, attribute = spec.target.partition(":")  # type: ignore[attr-defined]
    target = getattr(importlib.import_module(module), attribute)
    assert ">>> " in str(target.__doc__)


def test_set_metrics_are_diagnostic_and_name_a_registered_extractor() -> None:
    extractors = {spec.name for spec in embedder_specs()}
    for spec in SPECS.values():
        if spec.kind == "set":
            assert spec.diagnostic
            assert spec.extractor in extractors


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_run(module: str) -> None:
    import numpy as np
    import torch

    from harness.interfaces import MetricBatch

    names = {"torch": torch, "np": np, "MetricBatch": MetricBatch}
    loaded = importlib.import_module(f"harness.metrics.{module}")
    assert doctest.testmod(loaded, extraglobs=names).failed == 0
