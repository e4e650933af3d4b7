"""The kit finds what is wrong with a degradation, and gives restorers and metrics operators."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.testing.conformance import Outcome, cases

PLUGIN = """
import numpy as np
import torch
from harness import DegradationSpec, MethodSpec, hookimpl
from harness.interfaces import Degraded, Images

@hookimpl
def harness_register_degradations(register):
    for name in ("Unseeded", "Global", "Louder", "Detached", "Grown", "Flat"):
        register(DegradationSpec(name.lower(), f"harness_wrong:{name}", "1", "wrong in one way"))

@hookimpl
def harness_register_methods(register):
    register(MethodSpec("explain", ("restore",), "harness_wrong:Explain", "1", "s", "MIT",
                        needs=frozenset({"image", "operator"})))

class Darker:
    sigma = 0.0
    def __call__(self, image):
        return image / 2
    def pseudo_inverse(self, observed):
        return observed * 2

class Base:
    version = "1"
    operator = Darker()
    def degrade(self, sample, seed):
        return Degraded(np.rint(sample.image / 2).astype(np.uint8), self.operator)

class Unseeded(Base):
    drawn = np.random.default_rng()
    def degrade(self, sample, seed):
        noise = self.drawn.integers(0, 2, sample.image.shape, np.uint8)
        return Degraded(sample.image // 2 + noise, self.operator)

class Global(Base):
    def degrade(self, sample, seed):
        return Degraded(np.roll(sample.image, np.random.randint(1, 50), 0), None)

class Louder(Base):
    def degrade(self, sample, seed):
        noise = np.random.default_rng(seed).normal(0, 8, sample.image.shape)
        return Degraded((sample.image / 2 + noise).clip(0, 255).astype(np.uint8), self.operator)

class NoGradient(Darker):
    def __call__(self, image):
        return torch.from_numpy(image.detach().numpy() / 2)

class Detached(Base):
    operator = NoGradient()

class Larger(Darker):
    def pseudo_inverse(self, observed):
        return torch.cat([observed, observed], -1)

class Grown(Base):
    operator = Larger()

class Flat(Base):
    def degrade(self, sample, seed):
        return Degraded(sample.image[..., 0], None)

class Explain:
    def __init__(self, setup):
        pass
    def restore(self, batch):
        assert (len(batch.ids), float(batch.operator.sigma)) in ((1, 0.02), (1, 0.0))
        back = batch.operator.pseudo_inverse(batch.image)
        assert back.shape[-2:] == batch.target_size
        return Images(back.clamp(0, 1))
"""


@pytest.fixture(autouse=True)
def _wrong(with_plugin: Callable[..., None]) -> None:
    with_plugin("harness_wrong", PLUGIN)


def _outcome(name: str, check: str) -> Outcome:
    return next(case for case in cases(name) if case.check.name == check).run()


@pytest.mark.parametrize(
    ("name", "check", "line"),
    [
        ("unseeded", "again", "degraded again, pictures differ"),
        ("global", "generators", "other global seeds give other pictures"),
        ("louder", "explains", "from the observation, σ is 0"),
        ("detached", "differentiable", "no gradient flows through the operator"),
        ("grown", "pseudo-inverse", "pseudo_inverse gives (1, 3, 64, 192), the clean picture is (1, 3, 64, 96)"),
        ("flat", "observations", "degrade gives a picture uint8 (64, 96), not uint8 h×w×3"),
    ],
)
def test_what_is_wrong_is_found(name: str, check: str, line: str) -> None:
    found = _outcome(f"degradation:{name}", check)
    assert found.status == "failed"
    assert line in found.line


def test_a_restorer_is_given_an_operator_and_a_metric_too() -> None:
    for check in ("output", "target-size", "flat-images", "input-kept"):
        assert _outcome("explain", check).status == "ok", check
    batch = _outcome("explain", "batch")
    assert (batch.status, batch.line) == (
        "skipped", "it needs the operator: the engine gives it one picture at a time"
    )  # fmt: skip
    assert _outcome("metric:consistency", "values").status == "ok"
