"""What the plugin registers."""

from __future__ import annotations

from importlib.resources import files

from harness.specs import MethodSpec
from harness_icfgu import harness_register_methods
from harness_icfgu.network import TwoStage


def test_the_method_is_described_and_claims_no_reference() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    (spec,) = found
    assert spec.name == "icfgu"
    assert spec.capabilities == ("inpaint",)
    assert spec.paper is not None
    assert spec.parity == "no reference exists"
    assert "official" not in {weights.kind for weights in spec.weights}
    (random,) = (weights for weights in spec.weights if weights.kind == "random")
    assert round(sum(p.numel() for p in TwoStage().parameters()) / 1e6, 6) == random.parameters_m
    package, _, card = spec.card.partition(":")
    assert "## From the paper" in files(package).joinpath(card).read_text()
