"""What the plugin registers."""

from __future__ import annotations

from importlib.resources import files

from harness.specs import MethodSpec
from harness_gdp import harness_register_methods
from harness_gdp.network import MINI, Prior
from harness_gdp.tasks import TASKS


def test_both_methods_are_described() -> None:
    found: list[MethodSpec] = []
    harness_register_methods(found.append)
    restorer, inpainter = found
    assert (restorer.name, inpainter.name) == ("gdp", "gdp-inpaint")
    assert (restorer.capabilities, inpainter.capabilities) == (("restore",), ("inpaint",))
    assert restorer.params["task"].choices == tuple(TASKS)
    for spec in found:
        assert spec.stochastic
        official, random = spec.weights
        assert official.parameters_m == 552.814086
        assert round(sum(p.numel() for p in Prior(MINI).parameters()) / 1e6, 6) == random.parameters_m
        package, _, card = spec.card.partition(":")
        assert "## From the paper" in files(package).joinpath(card).read_text()
