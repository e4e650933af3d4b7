from __future__ import annotations

from collections.abc import Callable

import torch

from harness.interfaces import MetricBatch
from harness.metrics.embedders import Efl0Embedder, Efl0Stages, efl0
from harness.metrics.feature_distance import FeatureDistance
from harness.metrics.specs import embedder_specs

Make = Callable[..., MetricBatch]
Noise = Callable[[torch.Tensor, float], torch.Tensor]


def test_stage_vectors_have_unit_length_and_are_the_networks(photos: dict[str, torch.Tensor]) -> None:
    image = photos["coffee"]
    with torch.inference_mode():
        plain = efl0("cpu").stages(image)
    for unit, raw in zip(Efl0Stages("cpu")(image), plain, strict=True):
        assert torch.allclose(unit.norm(dim=1), torch.ones(()), atol=1e-5)
        assert torch.allclose(unit * raw.norm(dim=1, keepdim=True), raw, atol=1e-4)


def test_a_picture_is_computed_once_and_pixels_decide(photos: dict[str, torch.Tensor]) -> None:
    stages, image = Efl0Stages("cpu"), photos["coffee"]
    first = stages(image)
    used = stages.used
    assert all(torch.equal(a, b) for a, b in zip(first, stages(image.clone()), strict=True))
    assert stages.used == used > 0
    stages(torch.cat([image, image.flip(-1)]))
    assert stages.used == 2 * used


def test_memory_stays_within_its_budget(photos: dict[str, torch.Tensor]) -> None:
    image = photos["coffee"][..., :64, :64]
    probe = Efl0Stages("cpu")
    probe(image)
    stages = Efl0Stages("cpu", budget=2 * probe.used)
    for shift in range(4):
        stages(image.roll(shift, -1))
        assert stages.used <= stages.budget


def test_embedder_gives_its_declared_dimension(photos: dict[str, torch.Tensor]) -> None:
    (spec,) = embedder_specs()
    features = Efl0Embedder("cpu").embed(torch.cat([photos["coffee"], photos["coffee"].flip(-1)]))
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


def test_it_is_not_called_lpips(photos: dict[str, torch.Tensor], batch: Make) -> None:
    assert list(FeatureDistance()(batch(photos["coffee"], photos["coffee"]))) == ["feat_efl0"]
    assert "It is not LPIPS" in str(FeatureDistance.__doc__)
