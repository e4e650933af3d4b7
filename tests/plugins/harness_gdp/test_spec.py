"""What the plugin registers."""

from __future__ import annotations

from importlib.resources import files

from harness.specs import MethodSpec
from harness_gdp import harness_register_methods
from harness_gdp.network import MINI, Prior
from harness_gdp.options import Options


def test_the_methods_are_described() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    described = {spec.name: (spec.capabilities[0], sorted(spec.needs)) for spec in found if spec.name.startswith("gdp")}
    assert described == {
        "gdp": ("restore", ["image", "operator"]),
        "gdp-blind": ("restore", ["image"]),
        "gdp-hdr": ("restore", ["exposures", "image"]),
        "gdp-inpaint": ("inpaint", ["image", "mask"]),
    }
    for spec in [spec for spec in found if spec.name in described]:
        Options.read({name: param.default for name, param in spec.params.items() if name != "task"})
    for spec in found:
        assert spec.stochastic
        mini, official, random = spec.weights
        assert official.parameters_m == 552.814086
        small = round(sum(p.numel() for p in Prior(MINI).parameters()) / 1e6, 6)
        assert mini.parameters_m == random.parameters_m == small
        package, _, card = spec.card.partition(":")
        assert "## From the paper" in files(package).joinpath(card).read_text()
