from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from harness.interfaces import MetricBatch
from harness.metrics.embedders import LiteStages, lite_network
from harness.metrics.feature_distance import FeatureDistance
from harness.metrics.specs import embedder_specs
from harness.plugins import load_target

Make = Callable[..., MetricBatch]
Noise = Callable[[torch.Tensor, float], torch.Tensor]


def test_stage_vectors_have_unit_length_and_are_the_networks(photos: dict[str, torch.Tensor]) -> None:
    image = photos["coffee"]
    with torch.inference_mode():
        plain = lite_network("efl0", "cpu").stages(image)
    for unit, raw in zip(LiteStages("efl0", "cpu")(image), plain, strict=True):
        assert torch.allclose(unit.norm(dim=1), torch.ones(()), atol=1e-5)
        assert torch.allclose(unit * raw.norm(dim=1, keepdim=True), raw, atol=1e-4)


def test_a_picture_is_computed_once_and_pixels_decide(photos: dict[str, torch.Tensor]) -> None:
    stages, image = LiteStages("efl0", "cpu"), photos["coffee"]
    first = stages(image)
    used = stages.used
    assert all(torch.equal(a, b) for a, b in zip(first, stages(image.clone()), strict=True))
    assert stages.used == used > 0
    stages(torch.cat([image, image.flip(-1)]))
    assert stages.used == 2 * used


def test_memory_stays_within_its_budget(photos: dict[str, torch.Tensor]) -> None:
    image = photos["coffee"][..., :64, :64]
    probe = LiteStages("efl0", "cpu")
    probe(image)
    stages = LiteStages("efl0", "cpu", budget=2 * probe.used)
    for shift in range(4):
        stages(image.roll(shift, -1))
        assert stages.used <= stages.budget


def test_outputs_are_forgotten_before_truths(photos: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every entry meets the same truths again; its outputs are never seen twice."""
    image = photos["coffee"][..., :64, :64]
    probe = LiteStages("efl0", "cpu")
    probe(image)
    stages, computed = LiteStages("efl0", "cpu", budget=3 * probe.used), []
    compute = stages._compute
    monkeypatch.setattr(stages, "_compute", lambda picture: computed.append(picture) or compute(picture))
    truths = [image.roll(shift, -1) for shift in (1, 2)]
    for shift in range(5):
        for truth in truths:
            stages(truth, lasting=True)
        stages(image.roll(shift + 10, -2))
    assert len(computed) == len(truths) + 5


@pytest.mark.parametrize("name", ["efl0", "efl2"])
def test_embedder_gives_its_declared_dimension(name: str, photos: dict[str, torch.Tensor]) -> None:
    (spec,) = (spec for spec in embedder_specs() if spec.name == name)
    features = load_target(spec)("cpu").embed(torch.cat([photos["coffee"], photos["coffee"].flip(-1)]))
    assert features.shape == (2, spec.dimension)
    assert features.dtype == torch.float32
    assert features.std() > 0.01


def test_damage_outside_the_region_weighs_little(photos: dict[str, torch.Tensor], noisy: Noise, batch: Make) -> None:
    truth = photos["astronaut"]
    left = torch.zeros(1, 1, 192, 192)
    left[..., :64] = 1
    damaged = torch.where(left > 0, noisy(truth, 40), truth)
    metric = FeatureDistance(region="hole")
    inside = metric(batch(damaged, truth, left))["feat_efl0"].item()
    right = left.flip(-1)
    outside = metric(batch(damaged, truth, right))["feat_efl0"].item()
    whole = FeatureDistance()(batch(damaged, truth))["feat_efl0"].item()
    assert outside < 0.1 * inside
    assert outside < whole < inside


@pytest.mark.parametrize("backbone", ["efl0", "efl2"])
def test_both_backbones_grow_with_noise_and_differ(
    backbone: str, photos: dict[str, torch.Tensor], noisy: Noise, batch: Make
) -> None:
    metric, truth = FeatureDistance(backbone=backbone), photos["coffee"]
    values = [metric(batch(noisy(truth, sigma), truth))[f"feat_{backbone}"].item() for sigma in (5, 15, 45)]
    assert 0 < values[0] < values[1] < values[2] < 4
    other = FeatureDistance(backbone={"efl0": "efl2", "efl2": "efl0"}[backbone])
    assert metric.weights_sha256 != other.weights_sha256
    assert values[1] != next(iter(other(batch(noisy(truth, 15), truth)).values())).item()


def test_it_is_not_called_lpips(photos: dict[str, torch.Tensor], batch: Make) -> None:
    assert list(FeatureDistance()(batch(photos["coffee"], photos["coffee"]))) == ["feat_efl0"]
    assert "It is not LPIPS" in str(FeatureDistance.__doc__)
