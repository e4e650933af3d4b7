"""What the plugin registers."""

from __future__ import annotations

from importlib.resources import files

from harness.specs import MethodSpec
from harness_asapnet import harness_register_methods
from harness_asapnet.config import FACADES, INPAINT
from harness_asapnet.network import AsapNet, bare_network


def test_both_methods_are_described() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    paints, fills = found
    assert (paints.name, paints.capabilities, paints.needs) == ("asapnet", ("restore",), {"labels"})
    assert (fills.name, fills.capabilities) == ("asapnet-inpaint", ("inpaint",))
    assert [w.kind for w in paints.weights] == ["official", "random"]
    assert [w.kind for w in fills.weights] == ["random"]
    for spec, config in ((paints, FACADES), (fills, INPAINT)):
        count = sum(p.numel() for p in bare_network(config, AsapNet).parameters())
        assert {w.parameters_m for w in spec.weights} == {count / 1e6}
    package, _, card = paints.card.partition(":")
    text = files(package).joinpath(card).read_text()
    assert "No official inpainting weight exists" in text
    assert "no official inpainting weight exists" in fills.weights[0].origin
