"""SCAT's recipes: what each phase descends, what is exported, what the paper's step reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from harness.training.export import read_metadata
from harness.training.loop import train
from harness.training.recipe import MODEL, Parts, Progress
from harness.training.small_inpainter import CRITIC, Course
from harness_scat.adversary import PROJECTION
from harness_scat.discriminator import UnetDiscriminator, projection
from harness_scat.method import load_network
from harness_scat.network import MINI, Generator, ScatConfig
from harness_scat.paper import Paper, irregular, official_start
from harness_scat.train import Confusion, Mini

CONFUSED = {"whole", "pixels", "textural", "semantic", "critic"}


@pytest.fixture
def data(packed_noise: Callable[..., Path]) -> Path:
    return packed_noise(64)


def test_mini_ends_with_the_paper_s_critic_and_exports_weights_that_load_strict(data: Path, tmp_path: Path) -> None:
    course = replace(Course(), feature_from=2.0, adversarial_from=0.6, side=64, sizes=((64, 2, 1.0),))
    recipe = Mini(data, 0, course, Confusion(width=2))
    for name, (image, mask) in recipe.validator.samples.items():
        recipe.validator.samples[name] = image[:2], mask[:2]
    reports = []
    result = train(recipe, tmp_path / "out", steps=4, cpu=True, every_minutes=0, tell=reports.append)
    assert [set(report.losses) & CONFUSED for report in reports] == [set(), set(), set(), CONFUSED]
    assert load_network(result.weights).config == MINI
    assert read_metadata(result.weights)["confusion"]["corrupted_versions"] == 8


def test_one_step_of_the_paper_reaches_every_network(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness_scat.paper.SIDE", 64)
    recipe = Paper(data, 0)
    torch.manual_seed(0)
    networks = {MODEL: Generator(ScatConfig(width=4, blocks=1)), CRITIC: UnetDiscriminator(2)}
    networks[PROJECTION] = projection(2, 8)
    before = {name: [p.clone() for p in network.parameters()] for name, network in networks.items()}
    batch = {name: value[:3] for name, value in recipe.batch(0).items()}
    losses = recipe.step(Parts(Accelerator(cpu=True), networks, recipe.optimisers(networks)), batch, Progress(0, 0, 0))
    assert set(losses) == CONFUSED | {"l1"}
    for name, network in networks.items():
        moved = [not torch.equal(a, b) for a, b in zip(before[name], network.parameters(), strict=True)]
        assert any(moved), name
        assert all(p.requires_grad for p in network.parameters())


def test_the_published_start() -> None:
    weights = official_start().middle[0].fuse[1]
    assert weights.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert weights.bias.abs().sum() == 0


def test_paper_holes_span_the_classes_of_area() -> None:
    rng = np.random.default_rng(0)
    areas = [irregular(rng, 64, 64).mean() for _ in range(24)]
    assert 0 < min(areas) < 0.2 < 0.4 < max(areas)
