"""CoordFill's recipes and losses."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import MissingRequirement
from harness.nn.patch_discriminator import PatchDiscriminator
from harness.training.export import read_metadata
from harness.training.loop import train
from harness.training.losses import feature_matching
from harness.training.small_inpainter import Course
from harness_coordfill import paper
from harness_coordfill.method import load_network
from harness_coordfill.train import Mini


@pytest.fixture
def data(packed_noise: Callable[..., Path]) -> Path:
    return packed_noise(192)


def test_mini_trains_logs_its_phases_and_exports_weights_that_load_strict(data: Path, tmp_path: Path) -> None:
    course = replace(Course(), feature_from=0.4, adversarial_from=0.6)
    recipe = Mini(data, 0, course)
    short = replace(recipe.batch, sizes=((64, 2, 1.0),))
    recipe.batch = short
    for validation in recipe.validator.samples:
        image, _mask = recipe.validator.samples[validation]
        recipe.validator.samples[validation] = image[:2, :, :64, :64], torch.ones(2, 1, 64, 64).triu()
    reports = []
    result = train(recipe, tmp_path / "out", steps=4, cpu=True, every_minutes=0, tell=reports.append)
    phases = [set(report.losses) & {"feat", "adv"} for report in reports]
    assert phases == [set(), set(), {"feat"}, {"feat", "adv"}]
    network = load_network(result.weights)
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) < 2_000_000
    metadata = read_metadata(result.weights)
    assert [source["licence"] for source in metadata["data"]] == ["CC0-1.0"] * 2
    assert metadata["samples_seen"] == 8


def test_learning_rate_rises_stays_and_falls(data: Path) -> None:
    from harness.training.recipe import Progress

    recipe = Mini(data, 0)
    s = recipe.course
    rates = [recipe.rate(Progress(step, 0, share)) for step, share in ((0, 0.0), (9_999, 0.4), (9_999, 1.0))]
    assert rates == pytest.approx([1 / s.warm_up_steps, 1, s.last_rate])


def test_paper_names_the_weights_it_misses_in_one_line(
    tmp_path: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = harness_command("train", "coordfill", "--recipe", "paper", "--steps", "1", TORCH_HOME=str(tmp_path / "hub"))
    assert done.returncode == 2
    assert not done.stdout
    line = done.stderr.strip()
    assert "\n" not in line
    assert paper.ALEXNET in line
    assert str(tmp_path / "hub") in line


def test_alexnet_is_found_where_torchvision_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(MissingRequirement):
        paper.alexnet_file()
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / paper.ALEXNET).touch()
    assert paper.alexnet_file().name == paper.ALEXNET


def test_unknown_recipe_and_missing_data_are_one_line(
    tmp_path: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    wrong = harness_command("train", "coordfill", "--recipe", "minni", "--steps", "1")
    assert wrong.returncode == 2
    assert "Did you mean mini?" in wrong.stderr
    empty = harness_command("train", "coordfill", "--steps", "1", "--data", str(tmp_path))
    assert empty.returncode == 2
    assert "scenes.npy" in empty.stderr
    assert len(empty.stderr.strip().splitlines()) == 1


def test_paper_holes_cover_at_most_a_quarter() -> None:
    rng = np.random.default_rng(0)
    areas = [paper.small_irregular(rng, 64, 64).mean() for _ in range(30)]
    assert min(areas) > 0
    assert max(areas) <= 0.25


def test_the_discriminator_has_the_papers_layers() -> None:
    critic = PatchDiscriminator()
    logits, maps = critic(torch.zeros(1, 3, 128, 128))
    assert [m.shape[1] for m in maps] == [64, 128, 256, 512]
    assert logits.shape == (1, 1, 14, 14)
    assert sum(p.numel() for p in critic.parameters()) == 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512)
    assert feature_matching(maps, maps) == 0
