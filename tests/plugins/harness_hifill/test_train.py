"""HiFill's recipes and losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from harness.training.export import read_metadata
from harness.training.loop import train
from harness.training.small_inpainter import Course
from harness_hifill import paper
from harness_hifill.method import load_network
from harness_hifill.network import MINI, HiFillConfig, Stages
from harness_hifill.train import Mini


@pytest.fixture
def data(packed_noise: Callable[..., Path]) -> Path:
    return packed_noise(192)


def _few(recipe: Mini | paper.Paper, side: int) -> None:
    """Judge two small pictures a source: this is about the steps."""
    for name, (image, _) in recipe.validator.samples.items():
        recipe.validator.samples[name] = image[:2, :, :side, :side], torch.ones(2, 1, side, side).triu()


def test_mini_trains_and_exports_weights_that_load_strict(data: Path, tmp_path: Path) -> None:
    recipe = Mini(data, 0, replace(Course(), feature_from=1.0, adversarial_from=0.5))
    recipe.batch = replace(recipe.batch, sizes=((64, 2, 1.0),))
    _few(recipe, 64)
    reports = []
    result = train(recipe, tmp_path / "out", steps=2, cpu=True, every_minutes=0, tell=reports.append)
    assert [{"coarse", "adv"} & set(report.losses) for report in reports] == [{"coarse"}, {"coarse", "adv"}]
    network, blue_first = load_network(result.weights)
    assert network.config == MINI
    assert not blue_first
    assert read_metadata(result.weights)["data"][0]["licence"] == "CC0-1.0"


def test_paper_updates_the_generator_every_third_step(data: Path, tmp_path: Path) -> None:
    recipe = paper.Paper(data, 0, HiFillConfig(width=4, size=64, coarse_rates=(1,)), side=64)
    _few(recipe, 64)
    reports = []
    train(recipe, tmp_path / "out", steps=3, cpu=True, every_minutes=0, tell=reports.append)
    assert ["adv" in report.losses for report in reports] == [False, False, True]
    assert all(np.isfinite(list(report.losses.values())).all() for report in reports)


def test_the_papers_losses_by_hand() -> None:
    truth, mask = torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)
    mask[..., :1] = 1
    stages = Stages(torch.full_like(truth, 0.5), torch.full_like(truth, 0.25), torch.empty(0))
    assert paper.hole_loss(truth, stages, mask).item() == pytest.approx((1.2 * 0.5 + 0.25) / 4)
    assert paper.known_loss(truth, stages, mask).item() == pytest.approx(1.2 * 0.5 + 0.25)
    assert torch.equal(paper.composite(truth, stages, mask), 0.25 * mask.expand_as(truth))


def test_the_penalty_is_the_squared_distance_of_the_slope_from_one() -> None:
    critic = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 4, 1, bias=False))
    nn.init.constant_(critic[1].weight, 0.5)
    truth, fake = torch.rand(2, 3, 4, 4), torch.rand(2, 3, 4, 4)
    slope = 0.5 * 48**0.5
    assert paper.gradient_penalty(critic, truth, fake).item() == pytest.approx((slope - 1) ** 2, rel=1e-5)


def test_the_discriminator_has_the_papers_layers() -> None:
    critic = paper.Critic()
    assert [conv.out_channels for conv in critic.convs] == [64, 128, 256, 256, 256, 256]
    assert critic.linear.in_features == 16384
    assert len(critic.state_dict()) == 14
    assert paper.Critic(side=64, width=4)(torch.zeros(2, 3, 64, 64)).shape == (2, 1)
