"""What the plugin registers."""

from __future__ import annotations

from importlib.resources import files

from harness.specs import MethodSpec
from harness_hifill import harness_register_methods
from harness_hifill.network import MINI, HiFill


def test_the_method_is_described() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    (spec,) = found
    assert (spec.name, spec.capabilities, spec.parity) == ("hifill", ("inpaint",), "full")
    assert spec.params["variant"].choices == ("places2", "atlas")
    assert [w.kind for w in spec.weights] == ["mini", "official", "random"]
    assert spec.weights[0].parameters_m == sum(p.numel() for p in HiFill(MINI).parameters()) / 1e6
    count = sum(p.numel() for p in HiFill().parameters())
    assert {w.parameters_m for w in spec.weights if w.kind in ("official", "random")} == {count / 1e6}
    package, _, card = spec.card.partition(":")
    assert "## From the paper" in files(package).joinpath(card).read_text()
