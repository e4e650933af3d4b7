"""What the plugin registers, without torch."""

from __future__ import annotations

from importlib.resources import files

from harness.specs import MethodSpec
from harness_scat import harness_register_methods
from harness_scat.network import MINI, Generator
from harness_scat.segmenter import SMALL, Segmenter


def test_the_method_is_described() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    spec, detector = found
    assert (spec.name, spec.capabilities) == ("scat", ("inpaint",))
    assert (detector.name, detector.capabilities) == ("scat-detect", ("assess",))
    assert [weights.kind for weights in detector.weights] == ["mini", "random"]
    millions = round(sum(p.numel() for p in Segmenter(**SMALL).parameters()) / 1e6, 6)
    assert {weights.parameters_m for weights in detector.weights} == {millions}
    assert spec.paper is not None
    assert [weights.kind for weights in spec.weights] == ["mini", "official", "random"]
    assert round(sum(p.numel() for p in Generator(MINI).parameters()) / 1e6, 6) == spec.weights[0].parameters_m
    package, _, card = spec.card.partition(":")
    assert "## From the paper" in files(package).joinpath(card).read_text()
