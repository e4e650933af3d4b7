"""The checkpoints that ship: each is the file its spec names, and tells where it comes from."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys

import numpy as np
import pytest
from safetensors import safe_open

from harness.plugins import registry
from harness.specs import MethodSpec, WeightsSpec
from harness.weights import locate

SHIPPED = [(m, w) for m in registry().all("methods") for w in getattr(m, "weights", ()) if w.resource]
NAMES = [f"{method.name}@{weights.name}" for method, weights in SHIPPED]
LEARNED = {
    *("coordfill", "hifill", "icfgu", "scat", "scat-detect", "asapnet", "asapnet-inpaint", "sddfiqa", "par-proxy"),
    *("gdp", "instinpaint", "smartbrush"),
}

TRAINED_AS = {
    **{"face-mfn-norm": "sddfiqa", "face-serfiq": "sddfiqa", "par-refine": "par-proxy"},
    **dict.fromkeys(("gdp-blind", "gdp-hdr", "gdp-inpaint", "ddrm", "dps", "diffpir"), "gdp"),
    **dict.fromkeys(("instinpaint-mask", "instinpaint-nosource", "refer-then-inpaint"), "instinpaint"),
    "smartbrush-blended": "smartbrush",
}
"""Who looks through a network that another method's training makes."""


def test_no_method_needs_what_only_training_does() -> None:
    modules = sorted(
        {spec.target.partition(":")[0] for spec in registry().all("methods") if isinstance(spec, MethodSpec)}
    )
    code = (
        "import importlib, sys\n"
        "sys.modules.update(dict.fromkeys(('accelerate', 'lpips', 'sklearn', 'torchmetrics')))\n"  # None: not installed
        f"for name in {modules}: importlib.import_module(name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr.splitlines()[-1]


def test_every_method_that_we_trained_is_there_and_taken_without_being_named() -> None:
    assert {method.name for method, _ in SHIPPED} >= LEARNED
    assert [method.name for method, _ in SHIPPED if not method.weights[0].resource] == []


@pytest.mark.parametrize(("method", "weights"), SHIPPED, ids=NAMES)
def test_a_shipped_checkpoint_is_half_precision_and_says_how_it_came_to_be(
    method: MethodSpec, weights: WeightsSpec
) -> None:
    path = locate(method.name, weights)
    assert path is not None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == weights.sha256
    with safe_open(path, "np") as file:
        facts = json.loads(file.metadata()["harness"])
        parts = [file.get_slice(key) for key in file.keys()]  # noqa: SIM118  its only way to list them
    assert {part.get_dtype() for part in parts} <= {"F16", "I64"}
    trainer = TRAINED_AS.get(method.name, method.name)
    recipe = f"--half {weights.name.removeprefix('mini-')}" if trainer == "par-proxy" else f"--recipe {facts['recipe']}"
    assert f"train {trainer} {recipe} " in facts["command"]
    assert facts["method"] == trainer
    assert facts["samples_seen"] > 0
    assert {"seed", "seconds", "machine", "settings", "validation"} <= set(facts)
    assert all(part["licence"] and part["sha256"] for part in facts["data"])
    assert all(np.isfinite(score) for score in facts["validation"].values())
    assert sum(math.prod(part.get_shape()) for part in parts) >= (weights.parameters_m or 0) * 1e6
