"""What the plugin registers."""

from __future__ import annotations

from importlib.resources import files

from harness.specs import MethodSpec
from harness_icfgu import harness_register_methods
from harness_icfgu.network import MINI, TwoStage


def test_the_method_is_described_and_claims_no_reference() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    (spec,) = found
    assert spec.name == "icfgu"
    assert spec.capabilities == ("inpaint",)
    assert spec.paper is not None
    assert spec.parity == "no reference exists"
    assert "official" not in {weights.kind for weights in spec.weights}
    counts = [sum(p.numel() for p in network.parameters()) / 1e6 for network in (TwoStage(MINI), TwoStage())]
    assert [(w.kind, w.parameters_m) for w in spec.weights] == list(zip(("mini", "random"), counts, strict=True))
    package, _, card = spec.card.partition(":")
    assert "## From the paper" in files(package).joinpath(card).read_text()
