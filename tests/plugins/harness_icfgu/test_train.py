"""ICF-GU's recipes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from harness.interfaces import Batch, LoadedWeights, Setup
from harness.training.export import read_metadata
from harness.training.loop import train
from harness.training.recipe import MODEL, Parts, Progress
from harness.training.small_inpainter import Course
from harness_icfgu.method import IcfguInpainter
from harness_icfgu.network import IcfguConfig
from harness_icfgu.paper import Critic, Paper, phase
from harness_icfgu.train import Mini, TrustCourse, no_regulariser, object_mix


@pytest.fixture(scope="module")
def data(packed_noise: Callable[..., Path]) -> Path:
    return packed_noise(192)


@pytest.fixture(scope="module")
def recipe(data: Path) -> Mini:
    return Mini(data, 0)


def _shortened(recipe: Mini | Paper) -> None:
    """The same course on few pixels."""
    recipe.batch = replace(recipe.batch, sizes=((32, 2, 1.0),))
    for name, (image, _mask) in recipe.validator.samples.items():
        recipe.validator.samples[name] = image[:2, :, :32, :32], torch.ones(2, 1, 32, 32).triu()


def test_mini_trains_its_confidence_and_exports_weights_that_iterate(data: Path, tmp_path: Path) -> None:
    recipe = Mini(data, 0, replace(Course(), adversarial_from=0.5, feature_from=0.5), TrustCourse(feedback_from=0))
    _shortened(recipe)
    reports = []
    result = train(recipe, tmp_path / "out", steps=2, cpu=True, every_minutes=0, tell=reports.append)
    assert len(reports) == 2
    assert all({"trusted", "distrust"} <= set(report.losses) for report in reports)
    path = LoadedWeights("mini", "mini", result.weights, "")
    image, mask = torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32).triu()
    answer = IcfguInpainter(Setup(weights=path)).inpaint(Batch(("a",), image=image, mask=mask))
    assert answer.image.isfinite().all()
    metadata = read_metadata(result.weights)
    assert [source["licence"] for source in metadata["data"]] == ["CC0-1.0"] * 2
    assert metadata["samples_seen"] == 4


def test_a_second_pass_is_trained_beside_what_the_first_one_kept(recipe: Mini) -> None:
    model = recipe.build()
    torch.nn.init.normal_(model.get_submodule("confconv17").weight, std=1.0)
    batch = {"image": torch.rand(1, 3, 64, 64) * 2 - 1, "mask": torch.ones(1, 1, 64, 64).triu()}
    after = recipe._after_one_pass(model, batch)
    assert 0 < after["mask"].sum() < batch["mask"].sum()
    assert torch.equal(after["mask"] * batch["mask"], after["mask"])
    same = (after["image"] == batch["image"]).all(1, keepdim=True)
    assert same[batch["mask"] == 0].all()
    assert same[after["mask"] > 0].all()
    assert not same[(batch["mask"] > 0) & (after["mask"] == 0)].all()


def test_the_control_differs_in_the_regulariser_alone(data: Path, recipe: Mini) -> None:
    mine, control = recipe, no_regulariser(data, 0)
    assert control.name == "no-regulariser"
    assert control.trust == replace(mine.trust, distrust=0.0)
    assert mine.trust == TrustCourse()
    assert control.course == mine.course
    assert mine.describe() | {"trust": None} == control.describe() | {"trust": None}


def test_half_of_the_holes_are_objects() -> None:
    rng = np.random.default_rng(0)
    areas = [object_mix(rng, 96, 96).mean() for _ in range(40)]
    assert 0 < min(areas) <= max(areas) <= 0.5


def test_paper_trains_the_coarse_stage_then_the_refinement_then_both(data: Path) -> None:
    assert [phase(share) for share in (0.0, 0.2, 0.5, 1.0)] == ["coarse", "fine", "all", "all"]
    recipe = Paper(data, 0, IcfguConfig(width=4))
    _shortened(recipe)
    networks = recipe.networks()
    parts = Parts(Accelerator(cpu=True), networks, recipe.optimisers(networks))
    model, moved, told = networks[MODEL], [], []
    for step, share in enumerate((0.0, 0.2, 0.5)):
        before = {name: value.clone() for name, value in model.state_dict().items()}
        told.append(set(recipe.step(parts, recipe.batch(step), Progress(step, 0, share))))
        changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
        moved.append({name.startswith("conv") for name in changed})
    assert moved == [{True}, {False}, {True, False}]
    refinement = {"image", "adv", "trusted", "distrust"}
    assert told == [{"coarse"}, refinement, refinement | {"coarse"}]
    assert "photos/psnr" in recipe.validate(model.eval().requires_grad_(False), torch.device("cpu")).scores


def test_the_paper_s_critic_has_bounded_layers() -> None:
    critic = Critic()
    assert critic(torch.zeros(1, 3, 64, 64)).shape == (1, 256, 1, 1)
    # spectral normalisation starts from a random vector: the norm is near 1, not at it
    norms = [torch.linalg.matrix_norm(p.flatten(1), 2) for p in map(_weight, critic.eval().layers)]
    assert all(0.5 < norm.item() < 2 for norm in norms)


def _weight(layer: torch.nn.Module) -> torch.Tensor:
    assert isinstance(layer.weight, torch.Tensor)
    return layer.weight.detach()
