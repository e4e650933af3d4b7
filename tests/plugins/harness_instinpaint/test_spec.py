"""What the plugin registers, and what a wrapper's inner method is not asked for."""

from __future__ import annotations

from importlib.resources import files

import torch

from harness.plugins import registry
from harness.runner.entries import resolve_entry
from harness.specs import MethodSpec
from harness_instinpaint import harness_register_methods
from harness_instinpaint.network import CONFIGURATIONS, InstInpaint
from harness_instinpaint.refer import Finder


def _specs() -> dict[str, MethodSpec]:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    return {spec.name: spec for spec in found}


def test_all_are_described_and_their_sizes_true() -> None:
    specs = _specs()
    editors = ["instinpaint", "instinpaint-mask", "instinpaint-nosource"]
    assert list(specs) == [*editors, "identity", "oracle-mask", "refer-then-inpaint"]
    with torch.device("meta"):
        sizes = {
            name: sum(p.numel() for p in InstInpaint(made()).parameters()) for name, made in CONFIGURATIONS.items()
        }
        finder = sum(p.numel() for p in Finder().parameters())
    told = {weights.name: weights.parameters_m for weights in specs["instinpaint"].weights}
    assert told["official"] == told["random-gqa"] == sizes["gqa"] / 1e6
    assert told["mini"] == told["random"] == sizes["mini"] / 1e6
    assert {w.parameters_m for w in specs["refer-then-inpaint"].weights} == {finder / 1e6}
    package, _, card = specs["instinpaint"].card.partition(":")
    text = files(package).joinpath(card).read_text()
    assert all(f"`{name}" in text for name in specs)


def test_a_finder_s_inner_method_is_shown_masks_that_nobody_gives() -> None:
    spec = resolve_entry("refer-then-inpaint@random:telea", registry()).spec
    assert (spec.needs, spec.roles) == (frozenset({"image", "prompt"}), ("region",))
    oracle = resolve_entry("oracle-mask:telea", registry()).spec
    assert (oracle.needs, oracle.roles) == (frozenset({"image", "mask"}), ("hole",))
    assert "oracle" in oracle.tags
