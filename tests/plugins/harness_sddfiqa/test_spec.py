"""What the plugin registers, without torch."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

import torch
from torch import nn

from harness.specs import MethodSpec
from harness_sddfiqa import harness_register_methods
from harness_sddfiqa.network import MINI_RECOGNISER, SMALL, SMALL_RECOGNISER, Config, build_network


def test_registering_imports_no_numerics() -> None:
    code = "import harness_sddfiqa, sys; print([m for m in ('torch', 'numpy', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_method_is_described() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    spec, *rivals = found
    assert [rival.name for rival in rivals] == ["face-serfiq", "face-mfn-norm"]
    assert (spec.name, spec.capabilities, spec.needs) == ("sddfiqa", ("assess",), {"image"})
    with torch.device("meta"):
        networks = {"random": build_network(SMALL), "official": build_network(Config())}
        networks["mini"] = build_network(replace(MINI_RECOGNISER, head="quality"))
        recognisers = {"mini": build_network(MINI_RECOGNISER), "random": build_network(SMALL_RECOGNISER)}
    networks["random-official"] = networks["official"]
    networks["mini-dlib"] = networks["mini"]
    assert {weights.name: weights.parameters_m for weights in spec.weights} == _sizes(networks)
    for rival in rivals:
        assert {weights.name: weights.parameters_m for weights in rival.weights} == _sizes(recognisers)
    package, _, card = spec.card.partition(":")
    assert "## From the paper" in files(package).joinpath(card).read_text()


def _sizes(networks: Mapping[str, nn.Module]) -> dict[str, float]:
    return {name: round(sum(p.numel() for p in each.parameters()) / 1e6, 6) for name, each in networks.items()}


def test_shipped_files_are_those_that_the_specs_state() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    shipped = [weights for spec in found for weights in spec.weights if weights.kind == "mini"]
    assert {weights.name for weights in shipped} == {"mini", "mini-dlib"}
    for weights in shipped:
        package, _, path = weights.resource.partition(":")
        content = files(package).joinpath(path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == weights.sha256
        assert len(content) <= 10**6
