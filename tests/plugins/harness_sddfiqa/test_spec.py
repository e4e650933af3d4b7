"""What the plugin registers, without torch."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import torch

from harness.specs import MethodSpec
from harness_sddfiqa import harness_register_methods
from harness_sddfiqa.network import SMALL, Config, build_network


def test_registering_imports_no_numerics() -> None:
    code = "import harness_sddfiqa, sys; print([m for m in ('torch', 'numpy', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_method_is_described() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    (spec,) = found
    assert (spec.name, spec.capabilities, spec.needs) == ("sddfiqa", ("assess",), {"image"})
    with torch.device("meta"):
        networks = {"random": build_network(SMALL), "official": build_network(Config())}
    networks["random-official"] = networks["official"]
    sizes = {name: round(sum(p.numel() for p in each.parameters()) / 1e6, 6) for name, each in networks.items()}
    assert {weights.name: weights.parameters_m for weights in spec.weights} == sizes
    package, _, card = spec.card.partition(":")
    assert "## From the paper" in files(package).joinpath(card).read_text()
