"""What the plugin registers, without torch."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

from harness.specs import MethodSpec
from harness_coordfill import harness_register_methods
from harness_coordfill.network import MINI, CoordFill


def test_registering_imports_no_numerics() -> None:
    code = "import harness_coordfill, sys; print([m for m in ('torch', 'numpy', 'cv2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_method_is_described() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    (spec,) = found
    assert spec.name == "coordfill"
    assert spec.capabilities == ("inpaint",)
    assert spec.paper is not None
    mini = next(weights for weights in spec.weights if weights.kind == "mini")
    assert round(sum(p.numel() for p in CoordFill(MINI).parameters()) / 1e6, 6) == mini.parameters_m
    assert {weights.kind for weights in spec.weights} == {"mini", "official", "random"}
    package, _, card = spec.card.partition(":")
    assert "## From the paper" in files(package).joinpath(card).read_text()
