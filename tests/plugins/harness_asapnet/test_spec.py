"""What the plugin registers."""

from __future__ import annotations

from importlib.resources import files

from harness.specs import MethodSpec
from harness_asapnet import harness_register_methods
from harness_asapnet.config import FACADES, INPAINT, MINI, MINI_INPAINT
from harness_asapnet.network import AsapNet, bare_network


def test_both_methods_are_described() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    paints, fills = found
    assert (paints.name, paints.capabilities, paints.needs) == ("asapnet", ("restore",), {"labels"})
    assert (fills.name, fills.capabilities) == ("asapnet-inpaint", ("inpaint",))
    assert [w.kind for w in paints.weights] == ["mini", "official", "random"]
    assert [w.kind for w in fills.weights] == ["mini", "random"]
    for spec, config, small in ((paints, FACADES, MINI), (fills, INPAINT, MINI_INPAINT)):
        count, least = (sum(p.numel() for p in bare_network(c, AsapNet).parameters()) / 1e6 for c in (config, small))
        assert [w.parameters_m for w in spec.weights] == [least, *[count] * (len(spec.weights) - 1)]
    package, _, card = paints.card.partition(":")
    text = files(package).joinpath(card).read_text()
    assert "No official inpainting weight exists" in text
    assert "no official inpainting weight exists" in fills.weights[1].origin
